"""What GeoReport v2 answers, row by row."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Endpoint(BaseModel):
    """Where the interface is."""

    specification: str
    url: str
    changeset: str
    type: str
    formats: list[str]


class Discovery(BaseModel):
    """What there is."""

    changeset: str
    contact: str
    key_service: str
    endpoints: list[Endpoint]


class Service(BaseModel):
    """A category of which everybody may see how a report stands."""

    service_code: str
    service_name: str
    description: str
    metadata: bool
    type: str
    keywords: str
    group: str


class AttributeValue(BaseModel):
    """One of the values that may be chosen."""

    key: str
    name: str


class Attribute(BaseModel):
    """Something that may be said beside."""

    variable: bool
    code: str
    datatype: str
    required: bool
    datatype_description: str
    order: int
    description: str
    values: list[AttributeValue]


class ServiceDefinition(BaseModel):
    """What may be said of a category."""

    service_code: str
    attributes: list[Attribute]


class Receipt(BaseModel):
    """A report that was taken in."""

    token: str = Field(description="Leads to the id of a request that everybody may see; of any other to nothing")
    service_notice: str
    account_id: None = None
    receipt: str = Field(description="Sixteen digits, shown once; with them the informant comes back, and nobody else")


class TokenAnswer(BaseModel):
    """To which request a token leads."""

    service_request_id: str
    token: str


class ServiceRequest(BaseModel):
    """How a report stands; what GeoReport would say beside is never said."""

    service_request_id: str
    status: str
    status_notes: str
    service_name: str
    service_code: str
    description: None = None
    agency_responsible: None = None
    service_notice: None = None
    requested_datetime: str
    updated_datetime: str
    expected_datetime: None = None
    address: None = None
    address_id: None = None
    zipcode: None = None
    lat: None = None
    long: None = None
    media_url: None = None


class RequestUpdate(BaseModel):
    """That a report went on."""

    update_id: str
    service_request_id: str
    status: str
    updated_datetime: str
    description: str
    media_url: None = None


class UpdateReceipt(BaseModel):
    """An update that was handed to the desk."""

    update_id: str
