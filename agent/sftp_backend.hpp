#pragma once

#include "agent/backend.hpp"
#include "agent/connector.hpp"
#include "agent/file_operation.hpp"
#include "agent/sftp_pool.hpp"
#include "agent/sftp_watch.hpp"
#include "mappings/table.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <memory>
#include <string>

namespace sallyport::agent {

/// The file server of one mapping: answers HTTP requests out of its files (docs/SFTP.md).
class SftpBackend final : public Backend {
public:
    struct Options {
        std::string base;  // the exposed folder
        SftpWatch::Times times{};
        SftpPool::Limits limits{};
    };

    /// `connector` gives channels on which a server speaks SFTP. `table` holds this mapping alone:
    /// what its rules say of the files that are put and moved.
    SftpBackend(net::Loop& loop, net::IdleSweep& sweep, std::unique_ptr<Connector> connector,
                mappings::Table table, Options options);

    /// What cannot be done is answered here; errors: of the Connector, Errc::limit, aborted,
    /// timed_out, cut and protocol.
    net::Task<Result<void>> serve_as(const http::RequestHead& head, http::Body& up,
                                     http::Answer& down, LoginPtr login) override;
    net::Task<Result<void>> serve_recorded(const http::RequestHead& head, http::Body& up,
                                           http::Answer& down, LoginPtr login,
                                           ExchangeAudit& audit) override;
    PoolStatus pool() const override { return pool_.status(); }

private:
    struct Outcome {
        Result<void> result;
        std::string_view reason{};  // why we answered instead of the server; a literal
        bool failed = false;        // it was the server's fault
    };
    struct Rules {
        const mappings::Rule* rule = nullptr;
        const mappings::Rule* destination = nullptr;
    };
    net::Task<Outcome> serve_files(const http::RequestHead& head, http::Body& up,
                                   http::Answer& down);
    net::Task<Result<void>> run(const FileOperation& operation, const Rules& rules,
                                const http::RequestHead& head, http::Body& up, http::Answer& down);
    const mappings::Rule* rule_for(const http::RequestHead& head, std::string_view target) const;

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    std::unique_ptr<Connector> connector_;
    mappings::Table table_;
    Options options_;
    SftpPool pool_;
};

}  // namespace sallyport::agent
