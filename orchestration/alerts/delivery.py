"""Sending one message to one address, through Apprise. Addresses hold secrets: none is ever told."""

import logging
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apprise import NotifyBase

SECONDS = 8  # Apprise itself waits four for a connection and four for an answer


def service_of(url: str) -> "NotifyBase | None":
    """The service behind an address; None for what is no address."""
    import apprise

    # What it says of an address that it does not like holds the token.
    logger = logging.getLogger("apprise")
    if logger.propagate:
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
    asset = apprise.AppriseAsset(
        app_id="Touchstone", app_desc="Touchstone", storage_mode=apprise.PersistentStoreMode.MEMORY
    )
    return apprise.Apprise.instantiate(url, asset=asset)


def deliver(url: str, title: str, body: str, kind: str = "info") -> str | None:
    """Send a message; why it could not be sent, or None.

    `kind` is info, success, warning or failure: services that have colours or signs for these show them.

    Chat services that answer a wrong token with HTTP 200 count as reached: Apprise does not read what they say.
    """
    import apprise

    service = service_of(url)
    if service is None:
        return "its value is no address that Apprise knows"
    sender = apprise.Apprise(asset=service.asset)
    sender.add(service)
    result = sender.notify(
        title=title,
        body=body,
        notify_type=apprise.NotifyType(kind),
        body_format=apprise.NotifyFormat.TEXT,
        timeout=SECONDS,
    )
    if result:
        return None
    # Of what the service says only the number of an HTTP status is sure to hold no secret.
    codes = [match[1] for entry in result.logs() if (match := re.search(r"\berror=([0-9]{3})\b", str(entry)))]
    return f"{service.service_name} answered {codes[0]}" if codes else f"{service.service_name} was not reached"
