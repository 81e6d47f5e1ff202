"""What is read of Teams' activities; all else in them is ignored.

Formats: learn.microsoft.com, the Bot Framework activity schema and Teams' channel data. Not
botbuilder's `Activity`: it drops the fields of entities and reads the tenant from a wrong name.
"""

from pydantic import AliasChoices, BaseModel, ConfigDict, Field


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Account(_Payload):
    id: str
    name: str | None = None
    role: str | None = None


class Room(_Payload):
    id: str
    kind: str | None = Field(None, validation_alias="conversationType")


class Named(_Payload):
    id: str | None = None
    type: str | None = None


class ChannelData(_Payload):
    tenant: Named = Named()
    channel: Named = Named()
    event: str | None = Field(None, validation_alias="eventType")


class Entity(_Payload):
    type: str
    text: str = ""
    mentioned: Account | None = None


class Attachment(_Payload):
    kind: str = Field("", validation_alias="contentType")
    url: str | None = Field(None, validation_alias="contentUrl")
    name: str | None = None


class Activity(_Payload):
    type: str
    id: str = ""
    timestamp: str = ""
    service_url: str = Field("", validation_alias="serviceUrl")
    channel: str = Field("", validation_alias="channelId")
    sender: Account = Field(validation_alias=AliasChoices("from", "sender"))
    recipient: Account
    conversation: Room
    channel_data: ChannelData = Field(
        ChannelData.model_validate({}), validation_alias="channelData"
    )
    text: str | None = None
    entities: tuple[Entity, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = Field(None, validation_alias="replyToId")
    name: str | None = None
    """Of an invoke: what is asked."""
    action: str | None = None
    added: tuple[Account, ...] = Field((), validation_alias="membersAdded")
    value: object = None

    @property
    def tenant(self) -> str:
        return self.channel_data.tenant.id or ""
