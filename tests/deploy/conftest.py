"""The template's storage, queue, secrets, roles and network, made for real on moto's server."""

from __future__ import annotations

import ast
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.homes import moto_server

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "deploy" / "cloudformation.yaml"
REGION = "us-east-1"
GIVEN = {
    "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/aifashion:test",
    "DomainName": "fashion.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555",
    "AlarmEmail": "night@example.com",
}


# Made by its CloudFormation. What it leaves out of a template (bucket policies, lifecycle rules,
# public access, secrets) is made by calls, from the same words.
MADE = ("AWS::S3::Bucket", "AWS::SQS::", "AWS::IAM::", "AWS::Logs::LogGroup", "AWS::EC2::", "AWS::ECS::Cluster")
LEFT_OUT = {"ClockRole"}  # names the nightly task, and that the database, whose settings moto does not have


def template() -> dict[str, Any]:
    """The template as CloudFormation understands it."""
    from cfnlint.decode import decode

    read, problems = decode(str(TEMPLATE))
    assert read is not None, problems
    return json.loads(json.dumps(read, default=str))  # type: ignore[no-any-return]


def resources(kind: str) -> dict[str, Any]:
    return {name: each for name, each in template()["Resources"].items() if each["Type"] == kind}


def parts(secrets: dict[str, str]) -> dict[str, Any]:
    """The template without what moto cannot make. secrets: name in the template → ARN."""
    whole = filled(template(), lambda kind, name: secrets.get(name) if kind == "Ref" else None)
    kept = {
        name: each
        for name, each in whole["Resources"].items()
        if each["Type"].startswith(MADE) and each["Type"] != "AWS::S3::BucketPolicy" and name not in LEFT_OUT
    }
    outputs = {name: each for name, each in template()["Outputs"].items() if each["Value"].get("Ref") in kept}
    for name in ("WebRole", "WorkerRole", "NightRole", "StartRole"):
        outputs[name] = {"Value": {"Fn::GetAtt": [name, "Arn"]}}
    return whole | {"Resources": kept, "Outputs": outputs}


def filled(value: Any, known: Callable[[str, str], str | None]) -> Any:
    """A piece of the template with what it refers to put in, as far as that is known."""
    if isinstance(value, list):
        return [filled(each, known) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return known("Ref", value["Ref"]) or value
    if set(value) == {"Fn::GetAtt"}:
        return known("GetAtt", ".".join(value["Fn::GetAtt"])) or value
    if set(value) == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
        text = re.sub(
            r"\$\{([\w.]+)\}", lambda m: known("GetAtt" if "." in m[1] else "Ref", m[1]) or m[0], value["Fn::Sub"]
        )
        return {"Fn::Sub": text} if "${" in text else text
    return {key: filled(each, known) for key, each in value.items()}


def rule_of(words: dict[str, Any]) -> dict[str, Any]:
    """A lifecycle rule of the template as S3 itself spells it."""
    rule = {key: each for key, each in words.items() if key not in ("Id", "Prefix", "ExpirationInDays")}
    rule |= {"ID": words["Id"], "Filter": {"Prefix": words.get("Prefix", "")}}
    return rule | ({"Expiration": {"Days": words["ExpirationInDays"]}} if "ExpirationInDays" in words else {})


class Account:
    """An AWS account of moto's, with the stack in it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def client(self, service: str, keys: dict[str, str] | None = None) -> Any:
        known = keys or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, **known)

    def make_stack(self) -> None:
        vault, cloud = self.client("secretsmanager"), self.client("cloudformation")
        self.secrets = {
            name: vault.create_secret(Name=name, SecretString="hidden")["ARN"]
            for name in resources("AWS::SecretsManager::Secret")
        }
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in GIVEN.items()]
        cloud.create_stack(
            StackName="site",
            TemplateBody=json.dumps(parts(self.secrets)),
            Parameters=parameters,
            Capabilities=["CAPABILITY_IAM"],
        )
        (stack,) = cloud.describe_stacks(StackName="site")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        self.made = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
        for name, bucket in resources("AWS::S3::Bucket").items():
            self.set_up_bucket(self.made[name], bucket["Properties"])
        for policy in resources("AWS::S3::BucketPolicy").values():
            words = filled(policy["Properties"], self.known)
            rules = [each for each in words["PolicyDocument"]["Statement"] if each["Sid"] != "OnlyEncryptedConnections"]
            if rules:  # moto's server is spoken to in plain HTTP, which the other rule forbids
                document = json.dumps(words["PolicyDocument"] | {"Statement": rules})
                self.client("s3").put_bucket_policy(Bucket=words["Bucket"], Policy=document)

    def set_up_bucket(self, bucket: str, words: dict[str, Any]) -> None:
        s3 = self.client("s3")
        closed = words["PublicAccessBlockConfiguration"]
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=closed)
        rules = [rule_of(each) for each in words["LifecycleConfiguration"]["Rules"]]
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})

    def known(self, kind: str, name: str) -> str | None:
        base, _, attribute = name.partition(".")
        return f"arn:aws:s3:::{self.made[base]}" if attribute == "Arn" and base in self.made else self.made.get(name)

    def documents_of(self, role: str) -> dict[str, Any]:
        """The permissions of a role of the stack, as IAM keeps them: name → document."""
        iam, name = self.client("iam"), self.made[role].rpartition("/")[2]
        inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
        words = [iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"] for each in inline]
        # moto writes down what CloudFormation gave it as Python would
        found = {
            each: ast.literal_eval(said) if isinstance(said, str) else said
            for each, said in zip(inline, words, strict=True)
        }
        return found

    def keys_like(self, role: str) -> dict[str, str]:
        """Keys of a user who may do exactly what this role may: moto looks at no role's own."""
        iam, user = self.client("iam"), f"like-{role}"
        iam.create_user(UserName=user)
        for name, document in self.documents_of(role).items():
            iam.put_user_policy(UserName=user, PolicyName=name, PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def check_permissions(self, *, on: bool) -> None:
        """From the next call on, moto looks at roles and policies, or no longer does."""
        body = b"0" if on else b"1000000000"
        request = urllib.request.Request(  # noqa: S310
            f"{self.endpoint}/moto-api/reset-auth", data=body, headers={"Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            json.load(answer)


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    with moto_server() as address:
        account = Account(address)
        account.make_stack()
        yield account
