"""The error that a user can mend: what is wrong, where, and what to do about it."""


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
