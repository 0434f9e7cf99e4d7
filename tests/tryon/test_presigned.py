"""Links into the private bucket open one file, in one way, for five minutes.

moto's server does not check signatures, so what AWS would do with an altered link is worked out here with botocore's own
signer: the signature of an altered link is another one, also of one that would list the bucket. That AWS compares them, and that it
lists nothing to whoever brings none (moto does), is AWS's promise and is not tested; deploy/ blocks all public access besides.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest
import requests
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.urls import reverse

from tests.factories import make_result
from tests.homes import BUCKETS

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("stand_in_models"),
    pytest.mark.parametrize("home", ["a bucket"], indirect=True),
]


@pytest.fixture
def link(owner, home) -> str:
    result = make_result(owner.person)
    answer = owner.client.get(reverse("download-png", args=[result.public_id]))
    assert answer.status_code == 302
    return answer["Location"]


def signature_of(link: str, method: str = "GET") -> str:
    """What the signature of this link must be, by whoever holds the key."""
    parts = urlsplit(link)
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    query.pop("X-Amz-Signature")
    request = AWSRequest(method, urlunsplit(parts._replace(query="")), params=query)
    request.context["timestamp"] = query["X-Amz-Date"]
    region = query["X-Amz-Credential"].split("/")[2]
    signer = S3SigV4QueryAuth(Credentials("test", "test"), "s3", region)
    return signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)


def given(link: str) -> str:
    return parse_qs(urlsplit(link).query)["X-Amz-Signature"][0]


def with_query(link: str, **changed: str) -> str:
    parts = urlsplit(link)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
    return urlunsplit(parts._replace(query=urlencode(query)))


def test_a_link_as_it_was_given_has_the_right_signature(link):
    assert signature_of(link) == given(link)
    assert requests.get(link, timeout=30).status_code == 200


def test_whatever_is_altered_has_another_signature(link):
    parts = urlsplit(link)
    folder = parts.path.rpartition("/")[0]
    altered = [
        with_query(link, **{"X-Amz-Expires": "604800"}),
        with_query(link, **{"X-Amz-Date": "20990101T000000Z"}),
        with_query(link, **{"response-content-disposition": "inline"}),
        with_query(link, **{"response-content-type": "text/html"}),
        with_query(link, **{"list-type": "2", "prefix": "private/"}),
        urlunsplit(parts._replace(path=f"{folder}/another.png")),
        urlunsplit(parts._replace(path=f"{folder}/")),
        urlunsplit(parts._replace(path=f"/{BUCKETS[0]}")),
        urlunsplit(parts._replace(netloc="s3.example.com")),
    ]
    assert all(signature_of(each) != given(link) for each in altered)
    assert all(signature_of(link, method) != given(link) for method in ("PUT", "DELETE", "POST"))


def test_a_link_lives_five_minutes_at_most_and_names_what_it_answers(link):
    query = parse_qs(urlsplit(link).query)
    assert int(query["X-Amz-Expires"][0]) <= 300
    assert query["response-content-disposition"] == ['attachment; filename="ai-fashion-top-plaid-17.png"']
    assert query["response-content-type"] == ["image/png"]
    assert query["X-Amz-SignedHeaders"] == ["host"]


def test_without_a_signature_a_file_is_not_opened(link):
    assert requests.get(urlunsplit(urlsplit(link)._replace(query="")), timeout=30).status_code == 403


def test_a_link_says_nothing_about_the_key_behind_it(link):
    assert "secret" not in link.lower()
    assert parse_qs(urlsplit(link).query)["X-Amz-Credential"][0].startswith("test/")
