"""The payload of one patient, made from ``readmission.schema``; what is wrong is said field by field."""

from typing import Annotated, Any, Literal, Optional, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from readmission import schema
from readmission.schema import codes

_GROUP_OF_CODE = {
    "admission_type_code": ("admission_type_id", codes.invert(codes.ADMISSION_TYPE_GROUPS)),
    "discharge_disposition_code": (
        "discharge_disposition_id",
        codes.invert(codes.DISCHARGE_DISPOSITION_GROUPS),
    ),
    "admission_source_code": ("admission_source_id", codes.invert(codes.ADMISSION_SOURCE_GROUPS)),
}


def whole_number(number: object) -> object:
    """Take 70.0 for 70, as JSON does; anything else is for the strict check to refuse."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def original_example() -> dict[str, Any]:
    """Return the original form's payload: its twenty fields, each with its default."""
    return {field.name: field.default for field in schema.ORIGINAL_FIELDS}


class _Payload(BaseModel):
    """What all payloads share: unknown fields are refused, and a code has to agree with its group."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": original_example()}
    )

    @model_validator(mode="after")
    def _agree_on_groups(self) -> Self:
        given = self.__dict__
        for code_name, (group_name, label_of) in _GROUP_OF_CODE.items():
            if given[code_name] is not None:
                self._agree_on_group(code_name, group_name, label_of.get(int(given[code_name])))
        return self

    def _agree_on_group(self, code_name: str, group_name: str, group: str | None) -> None:
        """Take the group from the code, or refuse the pair when both were given and differ."""
        given = self.__dict__
        if group_name in self.model_fields_set and given[group_name] != group:
            raise PydanticCustomError(
                "code_and_group",
                "{code_name} {code} belongs to the group {group}, not to {given}; send one of the two",
                {
                    "code_name": code_name,
                    "group_name": group_name,
                    "code": given[code_name],
                    "group": group,
                    "given": given[group_name],
                },
            )
        given[group_name] = group


def _type_of(domain: schema.Domain) -> Any:
    kinds = {
        "integer": Annotated[int, BeforeValidator(whole_number)],
        "category": Literal[domain.categories or ("",)],
        "text": str,
    }
    return Optional[kinds[domain.kind]] if domain.nullable else kinds[domain.kind]  # noqa: UP045


def _declared(field: schema.Field) -> tuple[Any, Any]:
    domain = field.domain
    limits: dict[str, Any] = {}
    if domain.kind == "integer":
        limits = {"ge": domain.minimum, "le": domain.maximum}
    if domain.kind == "text":
        limits = {"pattern": f"^{domain.pattern}$"}
    described = f"{field.label.es} / {field.label.en}: {domain.describe()}."
    title = f"{field.label.es} / {field.label.en}"
    return _type_of(domain), Field(
        default=field.default, title=title, description=described, **limits
    )


PatientPayload: type[_Payload] = create_model(
    "Patient",
    __base__=_Payload,
    __doc__="One encounter: the original's twenty fields and optional further ones; a field left out has its default. "
    "A code has to belong to the group that is sent with it; without a group, it brings its own.",
    **{field.name: _declared(field) for field in schema.FIELDS},  # type: ignore[call-overload]
)
"""The payload of one patient."""
