"""Query parameters that say where a reader came from and not what is read.

A name is listed for all sites only if no site is known to choose a page by it; short and common names (`s`, `t`,
`ref`, `feature`) are listed for the sites that use them so. Sources: the sites' own documentation of campaign
parameters (Google Analytics `utm_*`, `gclid`, `dclid`, `wbraid`, `gbraid`; Meta `fbclid`, `igsh`; Microsoft
`msclkid`; Yandex `yclid`, `ysclid`; Mailchimp `mc_cid`, `mc_eid`; AT Internet `xtor`, `at_*`; Matomo `mtm_*`,
`pk_*`; HubSpot `_hs*`, `hsa_*`; Adobe `s_kwcid`, `ef_id`).
"""

from typing import Final

__all__ = ["EVERYWHERE", "ON_SITE"]

EVERYWHERE: Final = (
    r"utm_\w+|mtm_\w+|pk_(?:campaign|kwd|source|medium|content|cid)|hsa_\w+|_hs\w+|vero_\w+|at_(?:medium|campaign|custom|link|format|ptr|bbc)\w*|"
    r"fbclid|fb_action_ids|fb_action_types|fb_source|fb_ref|gclid|gclsrc|dclid|gbraid|wbraid|gad_source|msclkid|"
    r"yclid|ysclid|twclid|ttclid|li_fat_id|igshid|igsh|mc_cid|mc_eid|mkt_tok|"
    r"ref_src|ref_url|cmpid|ocid|ncid|sr_share|share_id|spm|xtor|wt_mc|_ga|_gl|smid|smtyp|s_cid|s_kwcid|ef_id|"
    r"__twitter_impression|__s|oly_enc_id|oly_anon_id|guccounter|guce_referrer|guce_referrer_sig|rb_clickid|"
    r"wickedid|piwik_\w+|rss_?source|ns_(?:mchannel|source|campaign|linkname|fee)"
)
"""Names that are dropped on every site, as a regular expression of the whole name."""

ON_SITE: Final = {
    "youtube.com": r"feature|si|pp|app|ab_channel|t|start|index|lc|gl|hl|persist_app|cbrd|ucbcb",
    "twitter.com": r"s|t|ref|lang|cn|cxt|mx",
    "instagram.com": r"img_index|hl|taken-by",
    "facebook.com": r"__\w+|_rdc|_rdr|locale|mibextid|rdid|ref|refid|refsrc|paipv|eav|hc_\w+|fref|pn_ref|sfnsn|wtsid|"
    r"notif_\w+|acontext|comment_tracking|tn|theater|share_url",
    "tiktok.com": r"_r|_t|lang|is_\w+|sender_\w+|share_\w+|tt_from|u_code|user_id|enable_\w+|refer|source|web_id",
    "reddit.com": r"context|rdt|share_id|st|sh|depth|ref|ref_source|ref_campaign|instanceId|embed\w*|theme|showmedia",
    "t.me": r"single|embed|mode|dark|thread",
    "spotify.com": r"si|context|nd|dl_branch|go|sp_cid",
    "nytimes.com": r"referringSource|unlocked_article_code|_r|partner|emc|hp|action|pgtype|clickSource|module|region",
    "washingtonpost.com": r"itid|postshare|tid|noredirect|hpid",
    "theguardian.com": r"CMP",
    "bbc.co.uk": r"ocid|intlink_from_url|link_location|post_id",
    "bbc.com": r"ocid|intlink_from_url|link_location|post_id",
    "linkedin.com": r"trk|trackingId|lipi|lici|refId|midToken|midSig|trkEmail|originalSubdomain|rcm",
    "medium.com": r"source|sk",
    "amazon.com": r"ref|ref_|qid|sr|psc|pd_rd_\w+|pf_rd_\w+|tag|linkCode|linkId|creative|creativeASIN|ascsubtag",
    "vk.com": r"from|ref|rhash",
    "substack.com": r"r|isFreemail|triedRedirect|showWelcomeOnShare",
    "aliexpress.com": r"aff_\w+|algo_\w+|btsid|ws_ab_test|scm|pvid|gps-id",
    "imdb.com": r"ref_",
}
"""Registered domain -> further names that are dropped there."""
