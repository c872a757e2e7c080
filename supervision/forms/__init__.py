from supervision.forms.agreement import AcceptForm, ClinicProposalForm, ProposalForm
from supervision.forms.barring import BarForm
from supervision.forms.comment import CommentForm, LateForm, Lenses
from supervision.forms.extension import ExtensionForm
from supervision.forms.group import GroupForm, InviteForm
from supervision.forms.share import KeyQuestion, ShareForm

__all__ = [
    "AcceptForm",
    "BarForm",
    "ClinicProposalForm",
    "CommentForm",
    "ExtensionForm",
    "GroupForm",
    "InviteForm",
    "KeyQuestion",
    "LateForm",
    "Lenses",
    "ProposalForm",
    "ShareForm",
]
