"""The error that a user can mend: what is wrong, where, and what to do about it; and the words of other errors."""

import re

# Of an engine's errors, those that quote names of columns and functions; the others quote values.
OF_NAMES = {"BinderException", "ParserException", "CatalogException"}


class UserError(Exception):
    """Something that a person, not a programmer, can put right.

    Parameters
    ----------
    what : str
        What is wrong, with the value found and the values accepted.
    where : str
        The file, line, column, table or setting.
    mend : str
        What to do about it.
    """

    def __init__(self, what: str, *, where: str = "", mend: str = ""):
        self.what, self.where, self.mend = what, where, mend
        lines = [what]
        if where:
            lines.append(f"  where: {where}")
        if mend:
            lines.append(f"  mend:  {mend}")
        super().__init__("\n".join(lines))


def without_values(error: BaseException) -> str:
    """The message of an error in one line, without what it quotes, which may be somebody's name or phone.

    From the first quotation mark to the last: a value may hold some itself. Long numbers go, quoted or not. What an
    engine says of names of columns and functions stays as it is.
    """
    told = " ".join(line.strip() for line in str(error).splitlines() if line.strip())
    if type(error).__name__ not in OF_NAMES:
        told = re.sub(r"[0-9]{7,}", "…", re.sub(r"""["'].*["']""", "'…'", told))
    return told.partition(" LINE ")[0]
