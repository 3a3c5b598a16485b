/** What a Slack app for Nines is allowed, with the reason for each: nothing is asked for that is not used. */
export interface ManifestOptions {
  /** Where Slack reaches Nines: `https://nines.example.com/`. Absent: over a socket, without any address. */
  readonly url?: string
  /** Pictures of burn-down and burn rate in the thread. */
  readonly pictures: boolean
  /** User groups as responders. */
  readonly groups: boolean
}

interface Scope {
  readonly name: string
  readonly why: string
}

/** The scopes of the bot token. */
export function scopesOf({ pictures, groups }: Omit<ManifestOptions, 'url'>): readonly Scope[] {
  return [
    { name: 'chat:write', why: 'to post and change messages in channels that the app was invited to' },
    {
      name: 'channels:history',
      why: 'to look up whether a post of unknown fate arrived, in public channels',
    },
    { name: 'groups:history', why: 'the same in private channels' },
    { name: 'channels:read', why: 'for `nines doctor slack`: whether the app is in its channel' },
    { name: 'groups:read', why: 'the same for private channels' },
    { name: 'commands', why: 'for /nines' },
    { name: 'app_mentions:read', why: 'to answer @nines as it answers /nines' },
    { name: 'users:read', why: 'who pressed a button, in which language they read' },
    ...(pictures ? [{ name: 'files:write', why: 'to put pictures into the thread' }] : []),
    ...(groups ? [{ name: 'usergroups:read', why: 'who is in a user group of responders' }] : []),
  ]
}

/** An app manifest as Slack takes it at https://api.slack.com/apps, in YAML. */
export function manifestOf(options: ManifestOptions): string {
  const { url } = options
  const address = (path: string): string => new URL(`slack/${path}`, url).href
  const at = (path: string, name = 'request_url', indent = '    '): string =>
    url === undefined ? '' : `${indent}${name}: ${JSON.stringify(address(path))}\n`
  const scopes = scopesOf(options).map(({ name, why }) => `      - ${name} # ${why}\n`)
  return `display_information:
  name: Nines
  description: SLOs over several clouds, one message for each incident
  background_color: "#1f5fd6"
features:
  bot_user:
    display_name: nines
    always_online: true
  slash_commands:
    - command: /nines
${at('commands', 'url', '      ')}      description: Budgets and incidents
      usage_hint: "status | incidents | ack INC-… | help"
      should_escape: false
oauth_config:
  scopes:
    bot:
${scopes.join('')}settings:
  event_subscriptions:
${at('events')}    bot_events:
      - app_mention
      - app_uninstalled
      - tokens_revoked
  interactivity:
    is_enabled: true
${at('interactions')}  org_deploy_enabled: false
  socket_mode_enabled: ${url === undefined}
  token_rotation_enabled: false
`
}
