"""How much fits in a box, said with numbers as one reads them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.formats import number_format


class LimitValidator(MaxLengthValidator):
    """Refuses what is too long. The message's ``%(limit_value)s`` and ``%(show_value)s`` are
    written with their thousands apart.
    """

    def __call__(self, value: Any) -> None:
        try:
            super().__call__(value)
        except ValidationError as error:
            numbers = ("limit_value", "show_value")
            given = error.params or {}
            apart = {name: number_format(given[name], force_grouping=True) for name in numbers}
            error.params = given | apart
            raise
