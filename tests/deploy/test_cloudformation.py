"""The template is sound, and the site runs on what it makes, as far as moto can show.

What moto cannot show here: that nobody without keys gets in (with permissions on, it answers unsigned calls with an error of its own;
the bucket policies are read instead), the rule that only encrypted connections are let in, and database, load balancer and containers.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.functional import empty

from tests.deploy.conftest import REGION, ROOT, TEMPLATE, Account, resources, template
from tests.factories import encoded, look_query, make_stock, photo_pixels, version_of
from tests.patterns.jobs.test_workers import WHOLE, Counting
from tryon.models import Photo, Result
from tryon.storage import catalogue_storage


def test_the_template_has_nothing_to_complain_about():
    linted = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "-t", TEMPLATE, "--regions", "eu-central-1", "us-east-1"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert (linted.returncode, linted.stdout) == (0, "")


def test_no_role_may_do_all_or_touch_all():
    """One exception: fetching images begins with a call that AWS knows for no single thing."""
    statements = [
        statement
        for each in template()["Resources"].values()
        if each["Type"].startswith("AWS::IAM::")
        for policy in [each["Properties"], *each["Properties"].get("Policies", [])]
        for statement in policy.get("PolicyDocument", {}).get("Statement", [])
    ]
    assert len(statements) > 8
    for statement in statements:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not any("*" in action for action in actions), statement
        if actions != ["ecr:GetAuthorizationToken"]:
            assert statement["Resource"] != "*"


def test_only_the_wardrobe_is_public_and_only_over_encrypted_connections():
    buckets, policies = resources("AWS::S3::Bucket"), resources("AWS::S3::BucketPolicy")
    public = [
        (policy["Properties"]["Bucket"]["Ref"], statement["Action"], statement["Resource"])
        for policy in policies.values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert public == [("Catalogue", "s3:GetObject", {"Fn::Sub": "${Catalogue.Arn}/catalogue/*"})]
    for name in buckets:
        rules = policies[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
        deny = next(rule for rule in rules if rule["Sid"] == "OnlyEncryptedConnections")
        assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_containers_are_told_every_secret_by_reference_only():
    for name in ("WebTask", "WorkerTask", "NightTask"):
        (container,) = resources("AWS::ECS::TaskDefinition")[name]["Properties"]["ContainerDefinitions"]
        plain = {each["Name"] for each in container["Environment"]}
        secret = {each["Name"] for each in container["Secrets"] if "Name" in each}
        assert {"SECRET_KEY", "DATABASE_PASSWORD", "METRICS_TOKEN"} <= secret
        assert not plain & {"SECRET_KEY", "DATABASE_PASSWORD", "METRICS_TOKEN", "EMAIL_HOST_PASSWORD"}
        known = (ROOT / ".env.example").read_text()
        assert all(f"{setting}=" in known for setting in plain | secret), "a setting nobody reads"


def test_the_buckets_encrypt_are_closed_and_clean_up(account):
    s3 = account.client("s3")
    for name in ("PeoplesFiles", "Backups", "Catalogue"):
        bucket = account.made[name]
        (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert all(closed.values()) == (name != "Catalogue")
        assert closed["BlockPublicAcls"]
        assert "Status" not in s3.get_bucket_versioning(Bucket=bucket), "what is deleted is gone"
        rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        assert {"AbortIncompleteMultipartUpload"} <= {key for each in rules for key in each}


def test_what_no_worker_can_read_goes_to_the_second_queue(account):
    sqs, queue = account.client("sqs"), account.made["JobsQueue"]
    told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert told["SqsManagedSseEnabled"] == "true"
    redrive = json.loads(told["RedrivePolicy"])
    assert (redrive["maxReceiveCount"], "UnreadableJobs" in redrive["deadLetterTargetArn"]) == (5, True)


MAY = {  # what each container's role may do, and all that it may not
    "WebRole": {"write a photo", "read a photo", "delete a photo", "list", "write to the wardrobe", "send"},
    "WorkerRole": {
        "write a photo",
        "read a photo",
        "delete a photo",
        "list",
        "write to the wardrobe",
        "send",
        "receive",
    },
    "NightRole": {
        "write a photo",
        "read a photo",
        "delete a photo",
        "list",
        "write to the wardrobe",
        "write a backup",
        "read a backup",
        "list backups",
    },
}


@pytest.fixture
def with_permissions(account) -> Iterator[Account]:
    keys = {role: account.keys_like(role) for role in MAY}
    account.check_permissions(on=True)
    account.keys = keys
    yield account
    account.check_permissions(on=False)
    for role in MAY:
        forget(account, f"like-{role}")


def forget(account: Account, user: str) -> None:
    iam = account.client("iam")
    for name in iam.list_user_policies(UserName=user)["PolicyNames"]:
        iam.delete_user_policy(UserName=user, PolicyName=name)
    for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=user)


def deeds(account: Account, keys: dict[str, str]) -> dict[str, Any]:
    s3, sqs = account.client("s3", keys), account.client("sqs", keys)
    vault, iam = account.client("secretsmanager", keys), account.client("iam", keys)
    people, wardrobe = account.made["PeoplesFiles"], account.made["Catalogue"]
    backups, queue = account.made["Backups"], account.made["JobsQueue"]
    return {
        "write a photo": lambda: s3.put_object(Bucket=people, Key="private/photos/x", Body=b"x"),
        "read a photo": lambda: s3.get_object(Bucket=people, Key="private/photos/x"),
        "list": lambda: s3.list_objects_v2(Bucket=people),
        "list backups": lambda: s3.list_object_versions(Bucket=backups),
        "delete a photo": lambda: s3.delete_object(Bucket=people, Key="private/photos/x"),
        "write beside": lambda: s3.put_object(Bucket=people, Key="elsewhere/x", Body=b"x"),
        "write to the wardrobe": lambda: s3.put_object(Bucket=wardrobe, Key="catalogue/x", Body=b"x"),
        "write a backup": lambda: s3.put_object(Bucket=backups, Key="site/x", Body=b"x"),
        "read a backup": lambda: s3.get_object(Bucket=backups, Key="site/x"),
        "open a bucket": lambda: s3.delete_bucket_policy(Bucket=people),
        "delete a bucket": lambda: s3.delete_bucket(Bucket=people),
        "send": lambda: sqs.send_message(QueueUrl=queue, MessageBody="x"),
        "receive": lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=0),
        "empty the queue": lambda: sqs.purge_queue(QueueUrl=queue),
        "read a secret": lambda: vault.get_secret_value(SecretId="SiteSecret"),
        "make a user": lambda: iam.create_user(UserName="mallory"),
    }


def test_each_role_may_do_what_it_does_and_nothing_else(with_permissions):
    for role in ("NightRole", "WorkerRole", "WebRole"):
        allowed = {name for name, deed in deeds(with_permissions, with_permissions.keys[role]).items() if may(deed)}
        assert allowed == MAY[role], role


def may(deed: Any) -> bool:
    try:
        deed()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 403:
            raise
        return False
    return True


@pytest.fixture
def site_there(account, settings, monkeypatch) -> Iterator[Account]:
    """The site's storages in the stack's own buckets."""
    from aifashion.settings import _bucket

    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("aifashion.settings.S3_ENDPOINT", account.endpoint)
    storages = copy.deepcopy(settings.STORAGES)
    storages["default"] = _bucket(account.made["PeoplesFiles"], "private", True)
    storages["catalogue"] = _bucket(account.made["Catalogue"], "catalogue", False)
    settings.STORAGES = storages
    catalogue_storage._wrapped = empty
    yield account
    catalogue_storage._wrapped = empty


@pytest.mark.django_db
@pytest.mark.usefixtures("stand_in_models")
def test_a_person_uploads_keeps_downloads_and_deletes_in_the_stacks_buckets(
    owner, site_there, django_capture_on_commit_callbacks
):
    version_of("plaid")
    stock = make_stock()
    upload = owner.client.post("/photos/", {"photo": SimpleUploadedFile("me.png", encoded(photo_pixels()))})
    photo = Photo.objects.get()
    owner.client.post(f"{upload['Location']}keep", look_query())
    result = Result.objects.get()
    link = owner.client.get(reverse("download-png", args=[result.public_id]))["Location"]
    asked = parse_qs(urlsplit(link).query)
    assert 0 < int(asked["X-Amz-Expires"][0]) <= 300
    with urlopen(link) as answer, default_storage.open(result.image.name) as kept:  # noqa: S310
        assert answer.read() == kept.read()
    s3, people = site_there.client("s3"), site_there.made["PeoplesFiles"]
    objects = s3.list_objects_v2(Bucket=people)["Contents"]
    assert {each["Key"].split("/")[0] for each in objects} == {"private"}
    for each in objects:
        assert s3.head_object(Bucket=people, Key=each["Key"])["ServerSideEncryption"] == "AES256"
    assert "X-Amz" not in stock.screen.url
    with urlopen(stock.screen.url) as answer:  # noqa: S310
        assert answer.read()[8:12] == b"WEBP"
    with django_capture_on_commit_callbacks(execute=True):
        owner.client.post(reverse("delete-photo", args=[photo.public_id]))
    left = {each["Key"] for each in s3.list_objects_v2(Bucket=people).get("Contents", [])}
    assert not {key for key in left if key.startswith(("private/photos", "private/results"))} - {"private/photos/x"}


def test_celery_brings_jobs_through_the_stacks_queue(account, tmp_path):
    """Sent, heard, taken off; what moto's queue does not show is delay and loss, which decision 12 does without."""
    host = account.endpoint.removeprefix("http://")
    house = Counting(
        tmp_path,
        JOB_BROKER_URL=f"sqs://test:test@{host}",
        JOB_QUEUE_URL=account.made["JobsQueue"],
        AWS_S3_REGION_NAME=REGION,
    )
    account.client("sqs").purge_queue(QueueUrl=account.made["JobsQueue"])
    try:
        house.ask(3)
        worker = house.worker()
        house.wait_for(house.all_finished)
        assert house.counted() == [WHOLE] * 3
        house.wait_for(lambda: left_in(account) == 0)  # the messages too many, which find nothing to do
        worker.terminate()
        assert worker.wait(60) == 0
    finally:
        house.end()


def left_in(account: Account) -> int:
    queue = account.made["JobsQueue"]
    told = account.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    return int(told["ApproximateNumberOfMessages"]) + int(told["ApproximateNumberOfMessagesNotVisible"])
