#pragma once

namespace CLI {
class App;
}

namespace sallyport::hub {

struct CommandContext;

// The commands that look after the hub's state. Each adds its subcommand to `app`; parsing the
// command line runs it (CLI11 callbacks) and leaves its outcome in `context`, which outlives `app`.
// They change the database themselves; a running hub notices.

/// `init`: makes the state of a new hub.
void add_init_command(CLI::App& app, CommandContext& context);
/// `tenant add | list | enable | disable`
void add_tenant_command(CLI::App& app, CommandContext& context);
/// `client add | list | enable | disable | subscribe | unsubscribe`
void add_client_command(CLI::App& app, CommandContext& context);
/// `key add | list | revoke`, into the group `client`.
void add_client_key_commands(CLI::App& group, CommandContext& context);
/// `channel add | list | remove`
void add_channel_command(CLI::App& app, CommandContext& context);
/// `ca status | prepare | activate | retire | rollback`
void add_authority_command(CLI::App& app, CommandContext& context);
/// `ca external | trust-external | distrust-external`, into the group `ca`.
void add_external_commands(CLI::App& group, CommandContext& context);
/// `agent add | list | show | reissue | revoke | approve | acknowledge`
void add_agent_command(CLI::App& app, CommandContext& context);

/// `witness key | list | show | accept`
void add_witness_command(CLI::App& app, CommandContext& context);

}  // namespace sallyport::hub
