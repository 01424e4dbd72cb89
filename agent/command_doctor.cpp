#include "agent/command_context.hpp"
#include "agent/doctor.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace sallyport::agent {

void add_doctor_command(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "doctor", "find out why it does not work: goes every way that the configuration names");
    const auto order = std::make_shared<DoctorOrder>();
    const auto no_requests = std::make_shared<bool>(false);
    command->add_option("--socket", order->socket, "admin socket of the daemon");
    command->add_flag("--no-requests", *no_requests,
                      "do not ask web servers for anything (HEAD), only connect");
    command->add_flag("--json", context.json, "print findings for programs");
    command->callback([&context, order, no_requests] {
        order->config = context.config;
        order->requests = !*no_requests;
        context.exit_code = daemon::run_doctor(
            doctor_checks(*order), {.out = context.out, .err = context.err, .json = context.json});
    });
}

}  // namespace sallyport::agent
