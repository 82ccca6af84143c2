"""Identities, so that a round is never mistaken for a member."""

from typing import NewType

CommunityId = NewType("CommunityId", str)
SpaceId = NewType("SpaceId", str)
ProgramId = NewType("ProgramId", str)
MemberId = NewType("MemberId", str)
RoundId = NewType("RoundId", str)
IntroductionId = NewType("IntroductionId", str)
DeliveryId = NewType("DeliveryId", str)
SlotId = NewType("SlotId", str)
CareId = NewType("CareId", str)
PromptId = NewType("PromptId", str)
QuestionId = NewType("QuestionId", str)
ReflectionId = NewType("ReflectionId", str)
ResponseId = NewType("ResponseId", str)
PartnershipId = NewType("PartnershipId", str)

ExternalId = NewType("ExternalId", str)
"""What a platform calls a community, a space or a person (Slack's ``U02…``, Discord's snowflake)."""
