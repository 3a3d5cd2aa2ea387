//! The flat map that clients configure themselves by; every value is a string.

use std::collections::BTreeMap;

use crate::CollapsedThreads;

/// What differs between installations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// The version that clients compare with their own, as `11.9.0`.
    pub version: String,
    pub build_number: String,
    pub build_hash: String,
    /// As people type it, without a slash at the end; empty: as the browser found the server.
    pub site_url: String,
    pub site_name: String,
    /// Whether files can be had by a link, without an account.
    pub enable_public_link: bool,
    pub enable_guest_accounts: bool,
    /// Whether what posts link to is fetched and described.
    pub enable_link_previews: bool,
    /// Whether pictures elsewhere are had through this server.
    pub has_image_proxy: bool,
    pub max_file_size_bytes: u64,
    pub max_post_size_runes: u64,
    pub password_length_min: u64,
    /// Identifies the installation; no personal data.
    pub diagnostic_id: String,
    pub collapsed_threads: CollapsedThreads,
}

type Map = BTreeMap<&'static str, String>;

/// What is the same everywhere and may be known before login.
const PUBLIC: &[(&str, &str)] = &[
    ("AboutLink", ""),
    ("AndroidLatestVersion", ""),
    ("AndroidMinVersion", ""),
    ("AppsPluginEnabled", "false"),
    ("AvailableLocales", "en"),
    ("BuildEnterpriseReady", "false"),
    ("CustomBrandText", ""),
    ("CustomDescriptionText", ""),
    ("DefaultClientLocale", "en"),
    ("DiagnosticsEnabled", "false"),
    ("EnableAskCommunityLink", "false"),
    ("EnableBotAccountCreation", "true"),
    ("EnableCustomBrand", "false"),
    ("EnableDesktopLandingPage", "false"),
    ("EnableDiagnostics", "false"),
    ("EnableFile", "true"),
    ("EnableLdap", "false"),
    ("EnableMultifactorAuthentication", "false"),
    ("EnableOpenServer", "true"),
    ("EnableSaml", "false"),
    ("EnableSignInWithEmail", "true"),
    ("EnableSignInWithUsername", "true"),
    ("EnableSignUpWithEmail", "true"),
    ("EnableSignUpWithGitLab", "false"),
    ("EnableSignUpWithGoogle", "false"),
    ("EnableSignUpWithOffice365", "false"),
    ("EnableSignUpWithOpenId", "false"),
    ("EnableUserCreation", "true"),
    ("EnforceMultifactorAuthentication", "false"),
    ("ExperimentalClientSideCertEnable", "false"),
    ("FeatureFlagAppsEnabled", "false"),
    ("FeatureFlagCallsEnabled", "false"),
    ("GuestAccountsEnforceMultifactorAuthentication", "false"),
    ("HelpLink", ""),
    ("IosLatestVersion", ""),
    ("IosMinVersion", ""),
    ("NoAccounts", "false"),
    ("PasswordEnableForgotLink", "false"),
    ("PasswordRequireLowercase", "false"),
    ("PasswordRequireNumber", "false"),
    ("PasswordRequireSymbol", "false"),
    ("PasswordRequireUppercase", "false"),
    ("PluginsEnabled", "false"),
    ("PrivacyPolicyLink", ""),
    ("ReportAProblemLink", ""),
    ("SendEmailNotifications", "false"),
    ("TermsOfServiceLink", ""),
    ("WebsocketPort", "80"),
    ("WebsocketSecurePort", "443"),
    ("WebsocketURL", ""),
];

/// What is the same everywhere and concerns people who are logged in.
const MEMBERS: &[(&str, &str)] = &[
    ("AllowCustomThemes", "true"),
    ("AllowSyncedDrafts", "true"),
    ("AllowedThemes", ""),
    ("AutoFollowThreads", "true"),
    ("CloseUnusedDirectMessages", "false"),
    ("CWSURL", ""),
    ("DataRetentionEnableFileDeletion", "false"),
    ("DataRetentionEnableMessageDeletion", "false"),
    ("DefaultTheme", ""),
    ("DelayChannelAutocomplete", "false"),
    ("DisableRefetchingOnBrowserFocus", "false"),
    ("EmailLoginButtonColor", ""),
    ("EnableAutocompleteForUsers", "true"),
    ("EnableChannelViewedMessages", "true"),
    ("EnableClientPerformanceDebugging", "false"),
    ("EnableCommands", "false"),
    ("EnableConfirmNotificationsToChannel", "true"),
    ("EnableCustomEmoji", "true"),
    ("EnableCustomGroups", "false"),
    ("EnableCustomUserStatuses", "true"),
    ("EnableDeveloper", "false"),
    ("EnableEmailBatching", "false"),
    ("EnableEmojiPicker", "true"),
    ("EnableFileAttachments", "true"),
    ("EnableGifPicker", "false"),
    ("EnableIncomingWebhooks", "false"),
    ("EnableInlineLatex", "true"),
    ("EnableJoinLeaveMessageByDefault", "true"),
    ("EnableLastActiveTime", "true"),
    ("EnableLatex", "false"),
    ("EnableLegacySidebar", "false"),
    ("EnableMobileFileDownload", "true"),
    ("EnableMobileFileUpload", "true"),
    ("EnableOAuthServiceProvider", "false"),
    ("EnableOnboardingFlow", "false"),
    ("EnableOutgoingWebhooks", "false"),
    ("EnablePermalinkPreviews", "true"),
    ("EnablePostIconOverride", "false"),
    ("EnablePostUsernameOverride", "false"),
    ("EnablePreviewFeatures", "false"),
    ("EnablePublicChannelsMaterialization", "false"),
    ("EnableSVGs", "false"),
    ("EnableThemeSelection", "true"),
    ("EnableTutorial", "false"),
    ("EnableUserAccessTokens", "false"),
    ("EnableUserStatuses", "true"),
    ("EnableUserTypingMessages", "true"),
    ("EnableXToLeaveChannelsFromLHS", "false"),
    ("ExperimentalEnableAuthenticationTransfer", "false"),
    ("ExperimentalEnableAutomaticReplies", "false"),
    ("ExperimentalEnableClickToReply", "false"),
    ("ExperimentalEnableDefaultChannelLeaveJoinMessages", "true"),
    ("ExperimentalEnablePostMetadata", "true"),
    ("ExperimentalGroupUnreadChannels", "default_off"),
    ("ExperimentalPrimaryTeam", ""),
    ("ExperimentalViewArchivedChannels", "true"),
    ("ExtendSessionLengthWithActivity", "false"),
    ("FeatureFlagChannelBookmarks", "true"),
    ("FileLevel", "INFO"),
    ("GfycatAPIKey", ""),
    ("IsDefaultMarketplace", "false"),
    ("LockTeammateNameDisplay", "false"),
    ("MaxMarkdownNodes", "0"),
    ("MaxNotificationsPerChannel", "1000"),
    ("MinimumHashtagLength", "3"),
    ("PersistentNotificationMaxCount", "6"),
    ("PersistentNotificationMaxRecipients", "5"),
    ("PersistentNotificationIntervalMinutes", "5"),
    ("AllowPersistentNotifications", "false"),
    ("AllowPersistentNotificationsForGuests", "false"),
    ("PostAcknowledgements", "true"),
    ("PostEditTimeLimit", "-1"),
    ("PostPriority", "true"),
    ("RequireEmailVerification", "false"),
    ("RestrictDirectMessage", "any"),
    ("RunJobs", "true"),
    ("ScheduledPosts", "true"),
    ("SchemaVersion", ""),
    ("ShowEmailAddress", "true"),
    ("ShowFullName", "true"),
    ("SQLDriverName", "postgres"),
    ("SupportEmail", ""),
    ("TeammateNameDisplay", "username"),
    ("TimeBetweenUserTypingUpdatesMilliseconds", "5000"),
    ("UniqueEmojiReactionLimitPerPost", "50"),
    ("UniqueUserReactionLimitPerPost", "500"),
    ("UsePermalinks", "true"),
    ("UserStatusAwayTimeout", "300"),
    ("WranglerAllowedEmailDomain", ""),
];

/// The map for anybody who asks.
pub fn anonymous_client_config(config: &ClientConfig) -> Map {
    let mut map = fixed(PUBLIC);
    map.extend([
        ("Version", config.version.clone()),
        ("BuildNumber", config.build_number.clone()),
        ("BuildDate", String::new()),
        ("BuildHash", config.build_hash.clone()),
        ("BuildHashEnterprise", "none".to_owned()),
        ("SiteURL", config.site_url.clone()),
        ("SiteName", config.site_name.clone()),
        ("EnableGuestAccounts", config.enable_guest_accounts.to_string()),
        ("HasImageProxy", config.has_image_proxy.to_string()),
        ("PasswordMinimumLength", config.password_length_min.to_string()),
        ("DiagnosticId", config.diagnostic_id.clone()),
        ("TelemetryId", config.diagnostic_id.clone()),
    ]);
    map
}

/// The map for people who are logged in.
pub fn client_config(config: &ClientConfig) -> Map {
    let mut map = anonymous_client_config(config);
    map.extend(fixed(MEMBERS));
    map.extend([
        ("EnableLinkPreviews", config.enable_link_previews.to_string()),
        ("EnablePublicLink", config.enable_public_link.to_string()),
        ("MaxFileSize", config.max_file_size_bytes.to_string()),
        ("MaxPostSize", config.max_post_size_runes.to_string()),
        ("CollapsedThreads", config.collapsed_threads.name().to_owned()),
    ]);
    map
}

/// The licence map of an installation that needs none.
pub fn client_license() -> Map {
    fixed(&[("IsLicensed", "false")])
}

fn fixed(pairs: &[(&'static str, &str)]) -> Map {
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ClientConfig {
        ClientConfig {
            version: "11.9.0".into(),
            build_number: "0.1.0".into(),
            build_hash: "none".into(),
            site_url: String::new(),
            site_name: "nottermost".into(),
            enable_public_link: false,
            enable_guest_accounts: true,
            enable_link_previews: true,
            has_image_proxy: true,
            max_file_size_bytes: 104_857_600,
            max_post_size_runes: 16_383,
            password_length_min: 8,
            diagnostic_id: "id".into(),
            collapsed_threads: CollapsedThreads::DefaultOn,
        }
    }

    #[test]
    fn clients_find_the_keys_without_which_they_break() {
        let map = client_config(&config());
        for key in [
            "Version",
            "BuildNumber",
            "SiteURL",
            "UniqueEmojiReactionLimitPerPost",
            "MaxNotificationsPerChannel",
            "EnableUserTypingMessages",
            "AllowSyncedDrafts",
            "ScheduledPosts",
            "CollapsedThreads",
            "MaxPostSize",
            "MaxFileSize",
            "TeammateNameDisplay",
            "TimeBetweenUserTypingUpdatesMilliseconds",
        ] {
            assert!(map.contains_key(key), "{key}");
        }
        assert_eq!(map["CollapsedThreads"], "default_on");
    }

    #[test]
    fn nobody_is_told_the_members_part_before_login() {
        assert!(!anonymous_client_config(&config()).contains_key("MaxPostSize"));
    }
}
