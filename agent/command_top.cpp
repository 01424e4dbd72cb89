#include "agent/command_context.hpp"
#include "agent/top_view.hpp"
#include "base/terminal.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/screen.hpp"

#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <unistd.h>

namespace sallyport::agent {
namespace {

constexpr std::chrono::milliseconds refresh{1'000};
constexpr std::chrono::seconds patience{10};

struct TopOrder {
    std::string socket;
    bool once = false;
};

Result<TopSample> ask_top(const std::filesystem::path& socket) {
    auto facts = daemon::ask_daemon(socket, "GET", "/v1/top", patience);
    if (!facts) return facts.error();
    return TopSample{std::move(*facts), std::chrono::steady_clock::now()};
}

/// A picture each second until somebody ends it. An agent that does not answer may come back.
void watch(const std::filesystem::path& socket, TopSample now) {
    const auto paint = Paint::of(STDOUT_FILENO);
    daemon::Screen screen;
    std::optional<TopSample> before;
    while (true) {
        const auto [rows, columns] = daemon::Screen::size();
        screen.draw(top_lines(now, before, {.rows = rows, .columns = columns}, paint));
        if (!screen.wait(refresh)) return;
        auto next = ask_top(socket);
        while (!next) {
            screen.draw({paint(Tone::bad, to_text(next.error())), "",
                         paint(Tone::faint, "asking again each second; q ends it")});
            if (!screen.wait(refresh)) return;
            next = ask_top(socket);
        }
        before = std::move(now);
        now = std::move(*next);
    }
}

/// As wide as anybody may want: for a file or a pipe.
std::string whole_text(const TopSample& now) {
    constexpr TopSize no_terminal{.rows = 1'000, .columns = 200};
    std::string text;
    for (auto line : top_lines(now, std::nullopt, no_terminal, Paint())) {
        while (line.ends_with(' ')) line.pop_back();
        text += line + "\n";
    }
    return text;
}

}  // namespace

void add_top_command(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "top", "live: links, what mappings do, and where the time of the slowest exchanges went");
    const auto order = std::make_shared<TopOrder>();
    command->add_option("--socket", order->socket, "admin socket of the daemon");
    command->add_flag("--once", order->once, "one picture, then end");
    on_run(*command, context, [&context, order]() -> Result<CommandOutput> {
        const auto socket = socket_of(context, order->socket);
        if (!socket) return socket.error();
        auto first = ask_top(*socket);
        if (!first) return first.error();
        if (order->once || context.json || ::isatty(STDOUT_FILENO) != 1) {
            auto text = whole_text(*first);
            return CommandOutput{std::move(first->facts), std::move(text)};
        }
        watch(*socket, std::move(*first));
        return CommandOutput{};
    });
}

}  // namespace sallyport::agent
