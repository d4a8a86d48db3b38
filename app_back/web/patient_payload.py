"""The payload of one patient, built from ``readmission.schema``; errors name the field."""

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
    model_validator,
)

from app_back.web.json_values import diagnosis_text, empty_as_null, number_as_text, whole_number
from readmission import schema
from readmission.schema.diagnoses import LONGEST_TEXT, read_diagnosis

_DiagnosisText = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]


class CodeGroupMismatchError(ValueError):
    """A code was sent together with a group that it does not belong to; names both fields."""

    def __init__(self, message: str, *, code_field: str, group_field: str) -> None:
        super().__init__(message)
        self.fields = (code_field, group_field)


def original_example() -> dict[str, Any]:
    """Return the payload of the legacy project's form: its twenty fields with their defaults."""
    return {field.name: field.default for field in schema.ORIGINAL_FIELDS}


class _PatientBase(BaseModel):
    """Refuses unknown fields, and keeps each admission code consistent with its group."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"example": original_example()},
    )

    @model_validator(mode="after")
    def _normalize_codes(self) -> Self:
        self._use_icd9_codes()
        self._match_codes_and_groups()
        return self

    def _use_icd9_codes(self) -> None:
        """Replace diagnoses by their ICD-9 codes, and keep those that were sent otherwise."""
        values = self.__dict__
        given: dict[str, str] = {}
        for name in schema.DIAGNOSIS_FIELDS:
            text = values[name]
            if text is None:
                continue
            values[name] = read_diagnosis(text).code
            if values[name] != text:
                given[name] = text
        if given:
            values[schema.GIVEN_DIAGNOSES] = json.dumps(given)

    def _match_codes_and_groups(self) -> None:
        values = self.__dict__
        for group in schema.CODE_GROUPS:
            code = values[group.code_field]
            if code is not None:
                label = group.label_of.get(int(code))
                self._match_group(group.code_field, group.group_field, label)

    def _match_group(self, code_field: str, group_field: str, group: str | None) -> None:
        """Set the group that the code belongs to; refuse another one that was sent with it."""
        values = self.__dict__
        sent_group = values[group_field]
        group_was_sent = group_field in self.model_fields_set
        if group_was_sent and sent_group != group:
            raise CodeGroupMismatchError(
                f"{code_field} {values[code_field]} belongs to the group {group}, "
                f"not to {sent_group}; send only one of the two",
                code_field=code_field,
                group_field=group_field,
            )
        values[group_field] = group


def _pydantic_field(field: schema.Field) -> tuple[Any, Any]:
    """Return the type and the ``Field`` that ``create_model`` takes for a field of the schema."""
    title = f"{field.label.es} / {field.label.en}"
    allowed_values = field.describe()
    definition = Field(
        default=field.default,
        title=title,
        description=f"{title}: {allowed_values}.",
    )
    return _type_of(field.domain), definition


def _type_of(domain: schema.Domain) -> Any:
    """Return the type that validates a domain, and that OpenAPI shows as it may be sent."""
    if domain.kind == "integer":
        in_range = Field(ge=domain.minimum, le=domain.maximum)
        return Annotated[int, in_range, BeforeValidator(whole_number)]
    if domain.kind == "diagnosis":
        return _optional(str, diagnosis_text, sent_as=_DiagnosisText | float)
    if domain.kind == "text":
        return _optional_text(domain.pattern)
    if not domain.nullable:
        return _one_of(domain.categories)
    if all(category.isdigit() for category in domain.categories):
        return _optional_code(domain)
    with_empty = (*domain.categories, "")
    return _optional(_one_of(domain.categories), empty_as_null, sent_as=_one_of(with_empty))


def _optional_text(pattern: str) -> Any:
    matching = StringConstraints(pattern=f"^{pattern}$")
    matching_or_empty = StringConstraints(pattern=f"^({pattern})?$")
    sent_as = Annotated[str, matching_or_empty]
    return _optional(Annotated[str, matching], empty_as_null, sent_as=sent_as)


def _optional_code(domain: schema.Domain) -> Any:
    """Return the type of a code that may be sent as a number: 1, 1.0 or "1"."""

    def read(value: object) -> object:
        text = empty_as_null(number_as_text(value))
        if isinstance(text, str):
            return domain.normalize(text) or text
        return text

    texts = domain.categories
    numbers = [int(text) for text in texts]
    sent_as = _one_of((*texts, *numbers, ""))
    return _optional(_one_of(texts), read, sent_as=sent_as)


def _one_of(values: tuple[str | int, ...]) -> Any:
    choice: Any = Literal[values]
    return choice


def _optional(value_type: Any, read: Callable[[object], object], *, sent_as: Any) -> Any:
    """Return the nullable type of what ``read`` makes of a sent value."""
    before = BeforeValidator(read, json_schema_input_type=sent_as | None)
    return Annotated[value_type | None, before]


def _no_empty_text(text: str) -> str | None:
    return text.strip() or None


_NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f]*$"
PatientLabel = Annotated[
    str,
    StringConstraints(max_length=schema.PATIENT_LABEL_LENGTH, pattern=_NO_CONTROL_CHARACTERS),
    AfterValidator(_no_empty_text),
]
"""The hospital's own number for a patient; an empty one is none."""

_fields: dict[str, Any] = {field.name: _pydantic_field(field) for field in schema.FIELDS}
_fields[schema.PATIENT_LABEL] = (
    PatientLabel | None,
    Field(
        default=None,
        title="Número de historia / Hospital's own number",
        description="Stored with the prediction so that it can be found again; the model does not "
        "see it.",
    ),
)
PatientPayload: type[_PatientBase] = create_model(
    "Patient",
    __base__=_PatientBase,
    __doc__="One encounter: the twenty fields of the legacy project's form and optional further "
    "fields. A field left out has its default. A code must belong to the group that is sent with "
    "it; sent without a group, it sets the group.",
    **_fields,
)
"""The body of ``POST /predict``; OpenAPI calls it ``Patient``."""
