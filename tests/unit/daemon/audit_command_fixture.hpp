// What the tests of the audit commands share: a log, and what a command prints of it.
#pragma once

#include "audit/log.hpp"
#include "base/error.hpp"
#include "daemon/audit_command.hpp"

#include <gtest/gtest.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace sallyport::daemon {

class AuditCommandTest : public ::testing::Test {
protected:
    AuditCommandTest() {
        auto pattern = (std::filesystem::temp_directory_path() / "sallyport-audit-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) ADD_FAILURE() << "mkdtemp";
        root = pattern;
        folder = root / "audit";
        std::filesystem::create_directory(folder);
    }
    ~AuditCommandTest() override { std::filesystem::remove_all(root); }

    std::unique_ptr<audit::Log> open() {
        auto log = audit::Log::open({.folder = folder});
        if (!log) ADD_FAILURE() << to_text(log.error());
        return std::move(*log);
    }
    void write_log() {
        const auto log = open();
        log->append(audit::ExchangeBegin{.exchange = "x1",
                                         .user = "jane",
                                         .virtual_host = "erp.virtual:44300",
                                         .method = "GET",
                                         .path = "/sap/a"});
        log->append(audit::ExchangeEnd{
            .exchange = "x1", .outcome = audit::outcome::answered, .status = 200});
        log->append(audit::ExchangeEnd{.exchange = "x2",
                                       .outcome = audit::outcome::refused,
                                       .status = 403,
                                       .user = "jack",
                                       .method = "POST",
                                       .path = "/secret"});
    }
    /// Runs `sallyport audit ARGUMENTS`; --folder is added.
    int run(std::vector<std::string> arguments) {
        out.str("");
        err.str("");
        AuditCommandContext context{
            .folder = [this] { return Result<std::filesystem::path>(folder); },
            .out = out,
            .err = err};
        context.wait_for_more = wait_for_more;
        CLI::App app;
        add_audit_commands(app, context);
        arguments.insert(arguments.begin(), "audit");
        std::reverse(arguments.begin(), arguments.end());
        try {
            app.parse(arguments);
        } catch (const CLI::ParseError& error) {
            err << error.what();
            return 2;
        }
        return context.exit_code;
    }
    std::size_t lines() const {
        const auto text = out.str();
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
    bool printed(std::string_view text) const { return out.str().find(text) != std::string::npos; }

    std::filesystem::path root;
    std::filesystem::path folder;
    std::ostringstream out;
    std::ostringstream err;
    std::function<bool()> wait_for_more;
};

}  // namespace sallyport::daemon
