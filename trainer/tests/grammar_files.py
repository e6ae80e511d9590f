"""Folders of grammar files made for a test."""

COMMON = "noun := a b\ncloser = '\nopener = '\nsplinter = x\nblank = «TAB»\n"


def write(folder, **files):
    for name, text in {"common": f"@kind shared\n{COMMON}", **files}.items():
        (folder / f"{name}.grammar").write_text(text, encoding="utf-8")
    return folder
