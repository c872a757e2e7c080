"""The other of two people, as whoever seals to them sees them: their vault and their key."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from supervision.models.agreement import Agreement, show_fingerprint
from supervision.models.meeting import SuperviseePin
from supervision.rules import AgreementState
from vault import crypto
from vault.crypto import VaultKeys
from vault.models import Vault


def ready_vault(person: User) -> Vault | None:
    """Return the vault that can be sealed to; a query unless the person came with it."""
    ready: list[Vault] | None = getattr(person, "ready_vaults", None)
    if ready is None:
        ready = list(Vault.objects.ready().filter(user=person))
    return ready[0] if ready else None


@dataclass(frozen=True)
class OtherSide:
    """The other party of ``agreement``, for ``user`` who seals to them.

    A supervisee knows the supervisor's key by the agreement's own pin, as for shares; a supervisor
    knows the supervisee's by a `SuperviseePin`.
    """

    agreement: Agreement
    user: User

    @property
    def person(self) -> User:
        """Who it is."""
        return self.agreement.other_party(self.user)

    @property
    def is_supervisor(self) -> bool:
        """Whether the other one is the supervisor."""
        return self.user.pk == self.agreement.supervisee_id

    @property
    def vault(self) -> Vault | None:
        """Their vault that can be sealed to, if there is one."""
        return ready_vault(self.person)

    @property
    def key(self) -> bytes:
        """The fingerprint of their public key as it is now; empty without a vault."""
        vault = self.vault
        return crypto.fingerprint(bytes(vault.public_key)) if vault else b""

    @property
    def shown_key(self) -> str:
        """Their key as two people compare it."""
        return show_fingerprint(self.key)

    def why_not(self) -> str:
        """Return, in a sentence, why no meeting can be planned with them; empty where it can."""
        closed = self.agreement.closed_at
        facts = {
            "name": self.person.get_full_name(),
            "day": date_format(timezone.localtime(closed)) if closed else "",
        }
        if closed is not None:
            said = _("Your agreement with %(name)s ended on %(day)s. No new meeting was planned.")
        elif self.agreement.state != AgreementState.ACTIVE:
            said = _("Your agreement with %(name)s waits until both of you have accepted it.")
        elif not self.person.is_active:
            said = _(
                "The account of %(name)s is not active, so no meeting can be planned with them."
            )
        elif self.vault is None:
            said = _(
                "%(name)s has no vault yet, and what is written about a meeting is sealed to both "
                "of you. They set it up when they next sign in; then you can plan one."
            )
        else:
            return ""
        return said % facts

    def knows_key(self, keys: VaultKeys) -> bool:
        """Tell whether their key is the one remembered under ``keys``."""
        if self.is_supervisor:
            return self.agreement.knows_key(keys, self.key)
        pin = self._pin()
        if pin is None or pin.pinned_in != keys.vault_id:
            return False
        return keys.check_pin(bytes(pin.mac), self.key, self._context)

    def standing(self, keys: VaultKeys) -> str:
        """Return "known", "changed", "elsewhere" or "new", as `Agreement.key_standing` does."""
        if self.is_supervisor:
            return self.agreement.key_standing(keys)
        if self.knows_key(keys):
            return "known"
        pin = self._pin()
        if pin is None:
            return "new"
        return "changed" if pin.pinned_in == keys.vault_id else "elsewhere"

    def remember(self, keys: VaultKeys) -> None:
        """Remember their key as it is now, under ``keys``."""
        if self.is_supervisor:
            self.agreement.pin(keys, self.key)
            self.agreement.save(update_fields=Agreement.PIN)
            return
        mac = keys.pin(self.key, self._context)
        given = {"mac": mac, "pinned_in": keys.vault_id, "pinned_at": timezone.now()}
        SuperviseePin.objects.update_or_create(agreement=self.agreement, defaults=given)

    def _pin(self) -> SuperviseePin | None:
        return SuperviseePin.objects.filter(agreement=self.agreement).first()

    @property
    def _context(self) -> crypto.Context:
        return crypto.supervisee_key_pin(self.agreement.pk, self.agreement.supervisee_id)
