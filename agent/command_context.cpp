#include "agent/command_context.hpp"

#include "base/terminal.hpp"

#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <ostream>

namespace sallyport::agent {

void on_run(CLI::App& command, CommandContext& context,
            std::function<Result<CommandOutput>()> body) {
    command.add_flag("--json", context.json, "print facts for programs");
    command.callback([&context, body = std::move(body)] {
        const auto output = body();
        if (!output) {
            context.exit_code = 1;
            if (context.json)
                context.err << boost::json::serialize(
                                   boost::json::object{{"error", to_text(output.error())}})
                            << '\n';
            else
                context.err << "sallyport: " << for_terminal(to_text(output.error())) << '\n';
            return;
        }
        context.exit_code = output->exit_code;
        if (context.json)
            context.out << boost::json::serialize(output->json) << '\n';
        else
            context.out << for_terminal(output->text);
    });
}

}  // namespace sallyport::agent
