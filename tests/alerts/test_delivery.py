"""Messages reach each of the services in its own form, and nothing secret comes back when they do not."""

import time
from email import message_from_string, policy
from importlib import import_module

import pytest

from orchestration.alerts import delivery

TITLE, BODY = "福记: refresh held", "- raw.orders:volume: 31 rows, 400 to 900 are usual\nRun: http://page/runs/1"
TOKEN = "0123456789abcdef0123456789abcdef"

# Address, module and attribute of where Apprise sends it, what stands there, and where the text lies in what arrives.
SERVICES = {
    "slack": (
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        ("slack", "NotifySlack", "webhook_url", "http://{base}/services"),
        lambda told: told["attachments"][0]["title"] + "\n" + told["attachments"][0]["text"],
    ),
    "dingtalk": (
        f"dingtalk://SEC0f1e2d3c@{TOKEN}",
        ("dingtalk", "NotifyDingTalk", "notify_url", "http://{base}/robot/send?access_token={{token}}"),
        lambda told: told["text"]["content"],
    ),
    "wecom": (
        "wecombot://693a91f6-7abc-4bc4-97a0-0ec2sifa5aaa",
        ("wecombot", "NotifyWeComBot", "notify_url", "http://{base}/cgi-bin/webhook/send?key={{key}}"),
        lambda told: told["text"]["content"],
    ),
    "feishu": (
        "feishu://9e0b1c2d-aaaa-bbbb-cccc-0123456789ab",
        ("feishu", "NotifyFeishu", "notify_url", "http://{base}/open-apis/bot/v2/hook/{{token}}"),
        lambda told: told["content"]["text"],
    ),
}


@pytest.mark.parametrize("name", SERVICES)
def test_each_chat_service_gets_title_and_text_whole(name, listener, monkeypatch):
    """A reason or a link that is lost or marked up is of no use to who is woken by it."""
    url, (module, owner, attribute, place), text = SERVICES[name]
    monkeypatch.setattr(
        getattr(import_module(f"apprise.plugins.{module}"), owner), attribute, place.format(base=listener.base)
    )
    assert delivery.deliver(url, TITLE, BODY) is None
    [(_, told)] = listener.arrived
    for line in (TITLE, *BODY.splitlines()):
        assert line in text(told)


def test_a_letter_arrives_with_subject_and_text(post_office):
    """E-mail is what every company has."""
    port = post_office.server_address[1]
    assert delivery.deliver(f"mailto://127.0.0.1:{port}?from=a@fook.example&to=ops@fook.example", TITLE, BODY) is None
    letter = message_from_string(post_office.letters[0], policy=policy.default)
    assert letter["subject"] == TITLE
    assert letter["to"] == "ops@fook.example"
    text = letter.get_body(("plain", "html")).get_content()
    assert "raw.orders:volume: 31 rows, 400 to 900 are usual" in text.replace("&nbsp;", " ")


def test_a_refusal_is_told_by_its_number(listener):
    """403 is a token that was taken back, 500 is theirs."""
    listener.answer = 403
    assert delivery.deliver(f"json://{listener.base}/secret", TITLE, BODY) == "JSON answered 403"


def test_a_service_that_does_not_answer_costs_seconds(listener, monkeypatch):
    """A run must not wait for a chat."""
    monkeypatch.setattr(delivery, "SECONDS", 0.5)
    monkeypatch.setattr(listener.RequestHandlerClass, "do_POST", hang)
    began = time.monotonic()
    assert delivery.deliver(f"json://{listener.base}/", TITLE, BODY) == "JSON was not reached"
    assert time.monotonic() - began < 3


def hang(request):
    time.sleep(1.5)


@pytest.mark.parametrize("url", ["feishu://a secret!", "nonsense-secret", "https://chat.example/secret", ""])
def test_what_is_no_address_is_told_without_it(url, capfd):
    """The value of the variable is a secret, also where it is wrong."""
    assert delivery.deliver(url, TITLE, BODY) == "its value is no address that Apprise knows"
    assert "secret" not in "".join(capfd.readouterr())
