"""What Slack is asked for: no more than is used, and nothing that reads what people write."""

from collections.abc import Mapping, Sequence

from adapters.slack.render import Json

SCOPES = {
    "channels:join": "to post the invitation in the public channel that a convener chose",
    "channels:read": "to know who is in that channel right before a round",
    "chat:write": "to write introductions",
    "commands": "for /voisin",
    "files:write": "to hand members the file with their own data",
    "groups:read": "to know who is in a private channel that Voisin was invited to",
    "im:write": "to write to a member alone",
    "mpim:write": "to open the conversation of those who are introduced",
    "users:read": "for names, time zones, languages, and who is an admin or a guest",
}
REACTIONS = {
    "reactions:read": "to know who reacted to whom, which tells who knows each other already, and whether "
    "what somebody shared through Voisin was taken up; nothing else of to what or with what",
}
CLOSED = (
    "channel_archive",
    "channel_deleted",
    "channel_left",
    "group_archive",
    "group_deleted",
    "group_left",
)
"""A channel is no longer open to Voisin."""

RENAMED = ("channel_rename", "group_rename")

EVENTS = (
    *CLOSED,
    *RENAMED,
    "app_home_opened",
    "app_uninstalled",
    "member_joined_channel",
    "member_left_channel",
    "team_join",
    "tokens_revoked",
    "user_change",
)

OF_AN_ORGANIZATION = ("team_access_granted", "team_access_revoked")
"""A workspace of an organization that installed Voisin is given to it, or taken away."""

EVENTS_PATH = "/slack/events"
INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"


def scopes(*, reactions: bool = False) -> Mapping[str, str]:
    """What is asked for, and what for."""
    return SCOPES | REACTIONS if reactions else SCOPES


def manifest(*, url: str = "", reactions: bool = False) -> dict[str, Json]:
    """The app as Slack's "From a manifest" takes it; without an address, for Socket Mode."""
    address = url.rstrip("/")
    command: dict[str, Json] = {
        "command": "/voisin",
        "description": "Voisin · your neighbours here · vos voisins ici",
        "usage_hint": "help · aide",
        # People come as ids, and never as a name that two of them share.
        "should_escape": True,
    }
    interactivity: dict[str, Json] = {"is_enabled": True}
    told = [*EVENTS, *(OF_AN_ORGANIZATION if address else ()), *(["reaction_added"] if reactions else [])]
    events: dict[str, Json] = {"bot_events": sorted(told)}
    oauth: dict[str, Json] = {"scopes": {"bot": sorted(scopes(reactions=reactions))}}
    if address:
        command["url"] = interactivity["request_url"] = events["request_url"] = f"{address}{EVENTS_PATH}"
        oauth["redirect_urls"] = [f"{address}{REDIRECT_PATH}"]
    return {
        "display_information": {
            "name": "Voisin",
            "description": "Introduces members who have never talked, and hands them a first sentence.",
            "background_color": "#2f4858",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Voisin", "always_online": True},
            "slash_commands": [command],
        },
        "oauth_config": oauth,
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": bool(address),
            "socket_mode_enabled": not address,
            "token_rotation_enabled": False,
        },
    }


def compared(granted: Sequence[str], *, reactions: bool = False) -> list[str]:
    """A sentence for each scope that is missing or too many."""
    wanted = scopes(reactions=reactions)
    has = {scope.strip() for scope in granted if scope.strip()}
    missing = [
        f"The scope {scope} is missing, {wanted[scope]}: add it in the app's settings and install it again."
        for scope in sorted(wanted.keys() - has)
    ]
    return missing + [
        f"The scope {scope} is granted and not used: take it out of the app's settings."
        for scope in sorted(has - wanted.keys())
    ]
