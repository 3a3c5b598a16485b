/** What each method asks of the token: https://docs.slack.dev/reference/methods. One of them is enough. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'apps.connections.open': ['connections:write'],
  'bookmarks.add': ['bookmarks:write'],
  'chat.delete': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.archive': ['channels:manage', 'groups:write'],
  'conversations.create': ['channels:manage', 'groups:write'],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.info': ['channels:read', 'groups:read'],
  'conversations.invite': ['channels:manage', 'groups:write'],
  'conversations.list': ['channels:read', 'groups:read'],
  'conversations.replies': ['channels:history', 'groups:history'],
  'conversations.setTopic': ['channels:manage', 'groups:write'],
  'files.completeUploadExternal': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'files.info': ['files:read'],
  'pins.add': ['pins:write'],
  'reactions.add': ['reactions:write'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read'],
}

/** The scope that is lacking; undefined when the call may pass. */
export function lackingScope(method: string, granted: readonly string[] | undefined): string | undefined {
  const needed = NEEDED[method] ?? []
  if (granted === undefined || needed.length === 0) return undefined
  return needed.some((scope) => granted.includes(scope)) ? undefined : needed[0]
}
