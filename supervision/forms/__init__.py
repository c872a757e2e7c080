from supervision.forms.agreement import ClinicProposalForm, ProposalForm
from supervision.forms.share import CommentForm, KeyQuestion, ShareForm

__all__ = ["ClinicProposalForm", "CommentForm", "KeyQuestion", "ProposalForm", "ShareForm"]
