INSERT INTO calendar VALUES ('2026-09-16');

INSERT INTO plans VALUES
    ('Basic', 1900, '100 GB, one user'),
    ('Pro', 4900, '1 TB, five users, version history'),
    ('Business', 19900, '5 TB, fifty users, single sign-on, audit log'),
    ('Enterprise', 89900, 'unlimited storage and users, dedicated support');

INSERT INTO accounts VALUES
    ('C-1042', 'Dana Reyes', 'dana.reyes@example.com', 'Pro', 'active', '2026-09-01', '2026-09-30', ''),
    ('C-1077', 'Omar Haddad', 'omar@haddad.example', 'Business', 'active', '2026-09-01', '2026-09-30', ''),
    ('C-1108', 'Northwind Labs', 'accounts@northwind.example', 'Enterprise', 'active', '2026-09-01', '2026-09-30', ''),
    ('C-1115', 'Mei Tan', 'mei.tan@example.com', 'Basic', 'active', '2026-09-07', '2026-10-06', ''),
    ('C-1123', 'Luis Ortega', 'luis@ortega.example', 'Pro', 'past_due', '2026-09-01', '2026-09-30', 'Card ending 4417 was declined on 2026-09-02.'),
    ('C-1131', 'Priya Nair', 'priya.nair@example.com', 'Business', 'active', '2026-09-11', '2026-10-10', ''),
    ('C-1140', 'Acme Tools', 'billing@acme.example', 'Enterprise', 'active', '2026-09-01', '2026-09-30', ''),
    ('C-1156', 'Tom Berg', 'tom.berg@example.com', 'Pro', 'cancelled', '2026-08-01', '2026-08-31', 'Cancelled on 2026-08-20.'),
    ('C-1164', 'Ines Duarte', 'ines@duarte.example', 'Pro', 'active', '2026-09-01', '2026-09-30', '');

INSERT INTO invoices VALUES
    ('INV-2011', 'C-1042', '2026-08-01', 'Pro plan, August 2026', 4900),
    ('INV-2043', 'C-1042', '2026-09-01', 'Pro plan, September 2026', 4900),
    ('INV-2051', 'C-1077', '2026-09-01', 'Business plan, September 2026', 19900),
    ('INV-2060', 'C-1108', '2026-09-01', 'Enterprise plan, September 2026', 89900),
    ('INV-2066', 'C-1115', '2026-09-07', 'Basic plan, September 2026', 1900),
    ('INV-2071', 'C-1123', '2026-09-01', 'Pro plan, September 2026', 4900),
    ('INV-2078', 'C-1131', '2026-09-11', 'Business plan, September 2026', 19900),
    ('INV-2082', 'C-1140', '2026-09-03', 'Onboarding package', 50000),
    ('INV-2085', 'C-1156', '2026-09-01', 'Pro plan, September 2026', 0),
    ('INV-2090', 'C-1164', '2026-09-01', 'Pro plan, September 2026', 4900);

INSERT INTO charges VALUES
    ('CH-5011', 'INV-2011', '2026-08-01', 4900, 'paid'),
    ('CH-5043', 'INV-2043', '2026-09-01', 4900, 'paid'),
    ('CH-5044', 'INV-2043', '2026-09-01', 4900, 'paid'),
    ('CH-5051', 'INV-2051', '2026-09-01', 19900, 'paid'),
    ('CH-5052', 'INV-2051', '2026-09-02', 19900, 'paid'),
    ('CH-5060', 'INV-2060', '2026-09-01', 89900, 'paid'),
    ('CH-5061', 'INV-2060', '2026-09-01', 89900, 'paid'),
    ('CH-5066', 'INV-2066', '2026-09-07', 1900, 'paid'),
    ('CH-5071', 'INV-2071', '2026-09-02', 4900, 'declined'),
    ('CH-5078', 'INV-2078', '2026-09-11', 19900, 'disputed'),
    ('CH-5082', 'INV-2082', '2026-09-03', 50000, 'paid'),
    ('CH-5083', 'INV-2082', '2026-09-03', 50000, 'paid'),
    ('CH-5085', 'INV-2085', '2026-09-01', 4900, 'paid'),
    ('CH-5090', 'INV-2090', '2026-09-01', 4900, 'paid');

INSERT INTO services (name) VALUES ('api'), ('dashboard'), ('exports'), ('login'), ('mobile app'), ('sync');

INSERT INTO symptoms (description, cause, steps, service) VALUES
    ('app crashes on start, closes at launch, keeps crashing when opened', 'A damaged local cache', 'Close the app; clear its cache in Settings > Storage; start it again.', 'mobile app'),
    ('app crashes when uploading photos or large video files', 'The upload runs out of memory', 'Update to version 8.2; upload in batches of at most 50 files.', 'mobile app'),
    ('files do not sync, syncing is stuck, changes do not appear on the other device', 'The sync client is paused or signed out', 'Open the sync client; sign in; choose Resume; wait for the green mark.', 'sync'),
    ('sync is slow, upload takes hours', 'The bandwidth limit is switched on', 'Open Preferences > Network; set the upload limit to Unlimited.', 'sync'),
    ('error 403 forbidden from the API, API token rejected', 'The API token has expired or lacks a scope', 'Create a new token in Developer > Tokens with the needed scope; replace the old one.', 'api'),
    ('error 429 too many requests from the API, rate limit', 'The rate limit of 60 requests a minute is exceeded', 'Wait for the time in the Retry-After header; send requests in batches.', 'api'),
    ('error 500 or 503 from the API, server error', 'The API is not available', 'Check the status page; send the request again after ten minutes.', 'api'),
    ('cannot log in, login fails, password is not accepted, locked out', 'The account is locked after five wrong passwords', 'Wait 15 minutes; reset the password at the login page; log in again.', 'login'),
    ('login loop, sent back to the login page after single sign-on', 'Third-party cookies are blocked', 'Allow cookies for nimbus.example; log in again in a new window.', 'login'),
    ('dashboard is slow, pages load slowly, reports take minutes', 'A browser extension or an old browser slows the page', 'Open the dashboard in a private window; update the browser.', 'dashboard'),
    ('dashboard shows a blank white page', 'An old page is kept in the browser cache', 'Reload with Ctrl+Shift+R; clear the browser cache.', 'dashboard'),
    ('export fails, CSV export is empty, export times out', 'The export holds more than 100000 rows', 'Choose a shorter period; export again.', 'exports'),
    ('connection drops, connection lost, cannot connect behind a proxy or a firewall', 'A proxy or a firewall blocks port 443 to the sync hosts', 'Allow *.sync.nimbus.example on port 443; restart the client.', 'sync');

INSERT INTO articles (article_id, title, summary, body) VALUES
    ('kb-101', 'Share a folder with someone outside your team', 'Create a share link, set a password and an expiry date.', 'Open the folder, choose Share, then Create link. Guests need no account. Links can be revoked at any time.'),
    ('kb-102', 'Restore an earlier version of a file', 'Version history keeps 90 days of versions on Pro and above.', 'Right-click the file, choose Version history, then Restore. Deleted files are in the bin for 30 days.'),
    ('kb-103', 'Set up single sign-on', 'Connect your identity provider with SAML on Business and above.', 'Single sign-on (SSO) is set up in Admin > Security. Okta, Entra ID and Google are supported.'),
    ('kb-104', 'Turn on two-factor authentication', 'Protect an account with an authenticator app or a security key.', 'Two-factor authentication (2FA) is set up in Settings > Security. Keep the recovery codes.'),
    ('kb-105', 'Work offline on the mobile app', 'Mark files as available offline and change them without a connection.', 'Long-press a file, choose Available offline. Changes are sent when the phone is connected again.'),
    ('kb-106', 'Export data as CSV', 'Export file lists and reports as CSV from the dashboard.', 'Open Reports, choose Export, then CSV. Exports hold at most 100000 rows.'),
    ('kb-107', 'Use the API: tokens and scopes', 'Create an API token and choose what it may do.', 'Tokens are made in Developer > Tokens. A token lasts 90 days. Scopes limit a token to reading or writing.'),
    ('kb-108', 'API rate limits', 'Sixty requests a minute for each token; how to back off.', 'A request above the limit gets error 429 with a Retry-After header.'),
    ('kb-109', 'Invite people and set roles', 'Add people to a team as viewer, editor or administrator.', 'Choose Admin > People > Invite. Roles can be changed later.'),
    ('kb-110', 'Change how notifications reach you', 'Choose e-mail, push or no notifications for each folder.', 'Open Settings > Notifications. Muted folders send nothing.'),
    ('kb-111', 'Dark mode', 'Switch the dashboard and the apps to a dark theme.', 'Choose Settings > Appearance > Dark. Automatic follows the system.'),
    ('kb-112', 'Fix sync problems on Windows and macOS', 'What to check when files are not syncing.', 'Look at the status mark, resume the client, check the disk space and the network.'),
    ('kb-113', 'Connect Nimbus to Slack', 'Post a message to a Slack channel when a file changes.', 'Install the integration in Admin > Integrations and choose a channel.'),
    ('kb-114', 'Use selective sync', 'Choose which folders are kept on a computer.', 'Open Preferences > Folders and clear the folders you do not need on this computer.'),
    ('kb-115', 'Read the audit log', 'See who did what and when, on Business and above.', 'Open Admin > Audit log. Filter by person, folder and date. The log is kept for one year.');
