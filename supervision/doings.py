"""What forms here do with what was written, where they do more than save it."""

from django.utils.translation import gettext_lazy as _

from vault.kept import Doing

SENDING = Doing(
    _(
        "Nothing was lost and nothing was sent: your text is below. Type your password, and it is "
        "sent."
    ),
    _("Unlock and send"),
    _("Send again"),
)
HOLDING = Doing(
    _(
        "Nothing was lost: your text is below. Type your password, and it is held: for you alone, "
        "until you send it."
    ),
    _("Unlock and hold"),
    _("Hold again"),
)
PLANNING = Doing(
    _(
        "Nothing was lost: your choices are kept. Type your password, and the meeting is planned "
        "and the other of you is told."
    ),
    _("Unlock and plan it"),
    _("Plan again"),
)
