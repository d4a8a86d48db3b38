"""The payload of one patient, built from ``readmission.schema``; errors name the field."""

from typing import Annotated, Any, Literal, Optional, Self

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

from readmission import schema


class CodeGroupMismatchError(ValueError):
    """A code was sent together with a group that it does not belong to; names both fields."""

    def __init__(self, message: str, *, code_field: str, group_field: str) -> None:
        super().__init__(message)
        self.fields = (code_field, group_field)


def whole_number(value: object) -> object:
    """Accept 70.0 as 70, because JSON has one type of number; leave the rest to validation."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


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
    def _match_codes_and_groups(self) -> Self:
        values = self.__dict__
        for group in schema.CODE_GROUPS:
            code = values[group.code_field]
            if code is not None:
                label = group.label_of.get(int(code))
                self._match_group(group.code_field, group.group_field, label)
        return self

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
    domain = field.domain
    title = f"{field.label.es} / {field.label.en}"
    allowed_values = domain.describe()
    definition = Field(
        default=field.default,
        title=title,
        description=f"{title}: {allowed_values}.",
        **_limits_of(domain),
    )
    return _type_of(domain), definition


def _type_of(domain: schema.Domain) -> Any:
    field_type: Any = str
    if domain.kind == "integer":
        field_type = Annotated[int, BeforeValidator(whole_number)]
    elif domain.kind == "category":
        field_type = Literal[domain.categories]
    if domain.nullable:
        return Optional[field_type]  # noqa: UP045 - a run-time type
    return field_type


def _limits_of(domain: schema.Domain) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if domain.kind == "integer":
        limits["ge"] = domain.minimum
        limits["le"] = domain.maximum
    elif domain.kind == "text":
        limits["pattern"] = f"^{domain.pattern}$"
    return limits


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
