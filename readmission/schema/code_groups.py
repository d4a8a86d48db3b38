"""The three coded fields, and the Spanish group that each of their codes belongs to.

The dataset has one column of codes for each. The model has two fields: the code itself, and the
group of codes, which the legacy project's payload has instead. Cleaning, features, API and form
take the rule "this code belongs to that group" from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from readmission.schema import codes


@dataclass(frozen=True, slots=True)
class CodeGroup:
    """A field of codes and the field of their groups, both from one dataset column.

    ``label_of`` maps each code to its group's label; a code that means "unknown" is not in it.
    """

    code_field: str
    group_field: str
    column: str
    label_of: Mapping[int, str]


CODE_GROUPS = (
    CodeGroup(
        code_field="admission_type_code",
        group_field="admission_type_id",
        column="admission_type_id",
        label_of=codes.invert(codes.ADMISSION_TYPE_GROUPS),
    ),
    CodeGroup(
        code_field="discharge_disposition_code",
        group_field="discharge_disposition_id",
        column="discharge_disposition_id",
        label_of=codes.invert(codes.DISCHARGE_DISPOSITION_GROUPS),
    ),
    CodeGroup(
        code_field="admission_source_code",
        group_field="admission_source_id",
        column="admission_source_id",
        label_of=codes.invert(codes.ADMISSION_SOURCE_GROUPS),
    ),
)
CODE_GROUP_BY_FIELD = {group.code_field: group for group in CODE_GROUPS}
"""The code groups by the name of the field that holds the code."""
