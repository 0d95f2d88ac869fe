"""Files of received mail: which are offered, and how they are served. Pure."""

PROGRAMS = {
    "ade", "adp", "apk", "app", "appx", "bat", "cab", "chm", "cmd", "com", "cpl", "diagcab", "dll",
    "dmg", "ex", "exe", "hta", "img", "ins", "iso", "isp", "jar", "jnlp", "js", "jse", "lib", "lnk",
    "mde", "msc", "msi", "msix", "msp", "mst", "nsh", "pif", "ps1", "reg", "scr", "sct", "sh",
    "svg", "sys", "vb", "vbe", "vbs", "vhd", "vhdx", "vxd", "wsc", "wsf", "wsh", "xll", "html",
    "htm", "shtml", "xhtml", "xht", "mht", "mhtml",
}  # fmt: skip
"""Endings of files that run, or show a page as if it were ours, when they are opened."""

KINDS = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg",
    "gif": "image/gif", "webp": "image/webp", "txt": "text/plain", "csv": "text/csv",
    "ics": "text/calendar", "vcf": "text/vcard", "zip": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text", "eml": "message/rfc822",
}  # fmt: skip
"""What a download is called by its ending; every other one is only bytes."""


def ending(name: str) -> str:
    return name.rpartition(".")[2].strip().lower() if "." in name else ""


def is_program(name: str) -> bool:
    """Say whether a file may run when it is opened. Endings of Windows count wherever one is."""
    return ending(name.rstrip(". ")) in PROGRAMS


def kind_of(name: str) -> str:
    """Return the media type that a file is served with, never one that a browser shows as a page.

    What its sender called it is not believed.
    """
    return KINDS.get(ending(name), "application/octet-stream")
