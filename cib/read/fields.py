"""The things that a row can say, and the column names they are known by.

The names are those of the platforms' own exports and of the tools that researchers use: 4CAT, twarc,
CooRTweet, the Coordination Network Toolkit, CrowdTangle, the Meta Content Library and others.
"""

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["ACCOUNT_FIELDS", "FIELDS", "REQUIRED", "Field"]

Kind = Literal["id", "time", "text", "word", "count", "flag", "words", "urls", "whole"]


@dataclass(frozen=True)
class Field:
    """A thing that a row can say.

    Attributes
    ----------
    kind : how its cells are read: id, time, text, word (text in lower case), count, flag; or as a list of
        words, of urls, or of one whole cell.
    doc : what it is.
    names : column names that are taken for it, best first; compared without case and punctuation.
    """

    kind: Kind
    doc: str
    names: tuple[str, ...]

    @property
    def is_list(self) -> bool:
        """Whether several columns may feed it."""
        return self.kind in {"words", "urls", "whole"}


_POST: Final[dict[str, tuple[Kind, str, str]]] = {
    "post_id": (
        "id",
        "the post's id",
        """
        post_id postid tweet_id tweetid status_id message_id msg_id comment_id video_id content_id id_str post_uri uri
        fullname rest_id post_uid id
        """,
    ),
    "account_id": (
        "id",
        "the posting account's id, or its user name if it has no other",
        """
        account_id accountid user_id_str user_id_string user_id userid author_id authorid author_channel_id channel_id
        from_id sender_id did channel_uid
        page_id facebook_id user_screen_name screen_name username user_name author_username
        user_username author_handle handle author_name author user account account_name acct from page_name group_name
        channel channel_name owner poster
        """,
    ),
    "created_at": (
        "time",
        "when it was posted",
        """
        created_at createdat created_at_utc created_utc created timestamp timestamp_share timestamp_utc unix_timestamp
        date_unixtime create_time creation_time post_created published_at publish_date published tweet_time post_time
        posted_at post_date datetime date_time time date
        """,
    ),
    "text": (
        "text",
        "its text",
        """
        full_text text tweet_text post_text content body message message_text caption video_description
        description_text comment tweet title
        """,
    ),
    "language": ("word", "its language", "language lang tweet_language post_language langs detected_language"),
    "kind": ("text", "original, repost, reply or quote", "kind post_type tweet_type type_of_post reference_type"),
    "platform": ("text", "the platform", "platform network source_platform social_network platform_name"),
    "reposted_post_id": (
        "id",
        "the post it reposts",
        """
        retweeted_status_id_str retweeted_status_id retweeted_status_id_string retweeted_tweet_id retweet_tweetid
        retweet_id repost_id reposted_post_id reblog_id rt_id shared_post_id crosspost_parent retweeted_id
        """,
    ),
    "replied_post_id": (
        "id",
        "the post it replies to",
        """
        in_reply_to_status_id_str in_reply_to_status_id in_reply_to_tweetid in_reply_to_tweet_id in_reply_to_post_id
        in_reply_to_id reply_to_id reply_to_message_id reply_to_status_id reply_id replied_to_post replied_to_id
        replied_post_id parent_comment_id parent_id
        """,
    ),
    "quoted_post_id": (
        "id",
        "the post it quotes",
        """
        quoted_status_id_str quoted_status_id quoted_tweet_tweetid quoted_tweet_id quoted_post quote_id quoted_id
        quoted_post_id
        """,
    ),
    "reposted_account_id": (
        "id",
        "the account it reposts",
        """
        retweeted_status_user_id_str retweeted_status_user_id retweet_userid retweeted_user_id reposted_account_id
        forwarded_from_id
        """,
    ),
    "replied_account_id": (
        "id",
        "the account it replies to",
        """
        in_reply_to_user_id_str in_reply_to_user_id in_reply_to_userid in_reply_to_account_id reply_to_user_id
        replied_account_id
        """,
    ),
    "quoted_account_id": ("id", "the account it quotes", "quoted_status_user_id_str quoted_user_id quoted_account_id"),
    "parent_post_id": ("id", "the post it reposts, replies to or quotes", "parent_post_id"),
    "parent_account_id": ("id", "the account of that post", "parent_account_id"),
    "is_repost": ("flag", "whether it is a repost", "is_retweet is_repost is_rt is_share is_reblog retweet"),
    "is_reply": ("flag", "whether it is a reply", "is_reply"),
    "is_quote": ("flag", "whether it is a quote", "is_quote_tweet is_quote is_quote_status"),
    "urls": (
        "urls",
        "its links",
        """
        expanded_urls entities_urls_expanded_url urls_expanded urls_expanded_url urls links outlinks shared_urls
        url_list link_attachment_link final_link url link
        """,
    ),
    "hashtags": (
        "words",
        "its hashtags",
        "hashtags entities_hashtags_text entities_hashtags_tag hashtag_names hash_tags hashtag tags tag",
    ),
    "mentions": (
        "words",
        "the accounts it mentions",
        """
        mentions user_mentions entities_user_mentions_screen_name entities_mentions_username mentioned_users mention
        mentioned_accounts
        """,
    ),
    "media": (
        "urls",
        "its pictures and videos: ids, hashes or links",
        """
        media media_ids media_keys attachments_media_keys media_urls extended_entities_media_id_str phash image_hash
        images photos photo
        """,
    ),
    "objects": ("whole", "any other thing it shares", "objects object_id object object_ids"),
    "client": (
        "text",
        "the program it was sent with",
        "source client source_app source_label tweet_client_name application application_name via generator",
    ),
}

_ACCOUNT: Final[dict[str, tuple[Kind, str, str]]] = {
    "handle": (
        "text",
        "the account's user name",
        """
        screen_name user_screen_name username user_username author_username user_name author_handle handle acct
        author_name author user
        """,
    ),
    "name": (
        "text",
        "its display name",
        """
        display_name user_display_name user_name_display author_fullname full_name author_display_name account_name
        user_full_name name
        """,
    ),
    "account_created_at": (
        "time",
        "when it was created",
        """
        account_created_at user_created_at account_creation_date author_created_at user_created account_created
        page_created join_date joined
        """,
    ),
    "followers": (
        "count",
        "its followers",
        """
        followers_count user_followers_count followers follower_count author_followers_count author_followers
        number_of_followers
        subscriber_count followers_at_posting
        """,
    ),
    "following": (
        "count",
        "the accounts it follows",
        "friends_count user_friends_count following following_count author_following_count number_of_friends friends",
    ),
    "post_count": (
        "count",
        "its posts, as the platform counts them",
        """
        statuses_count user_statuses_count tweet_count post_count posts_count author_tweet_count updates
        number_of_tweets
        """,
    ),
    "description": (
        "text",
        "its profile text",
        "user_profile_description user_description description bio author_description profile_description about",
    ),
    "verified": ("flag", "whether the platform verified it", "verified user_verified is_verified author_verified"),
    "default_profile": (
        "flag",
        "whether its profile was never changed",
        "default_profile user_default_profile default_profile_image",
    ),
    "label": ("text", "known truth, for evaluation only", "label account_category account_label"),
}

FIELDS: Final = {
    name: Field(kind, doc, tuple(names.split())) for name, (kind, doc, names) in (_POST | _ACCOUNT).items()
}
"""Every field that ``input.columns`` may name, in the order in which guesses are made."""

ACCOUNT_FIELDS: Final = tuple(_ACCOUNT)
"""The fields that describe the account and not the post."""

REQUIRED: Final = ("account_id", "created_at")
"""The fields without which there is no post."""
