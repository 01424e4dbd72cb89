#pragma once

#include "agent/audit_gate.hpp"
#include "audit/disk.hpp"
#include "tests/support/audit_records.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/agent/stream_world.hpp"

#include <atomic>
#include <future>

namespace sallyport::agent {

/// Full, or slow, while a test wants it.
struct UnwillingDisk final : audit::Disk {
    Result<std::size_t> write(int file, BytesView bytes) override {
        if (!full) return Disk::write(file, bytes);
        return Error{Errc::failed, "no room"};
    }
    Result<void> sync(int file) override {
        if (slow) released.get_future().wait();
        slow = false;
        return Disk::sync(file);
    }
    bool full = false;
    std::atomic<bool> slow = false;
    std::promise<void> released;
};

/// Streams that are looked into, with an audit log.
struct InspectedWorld : StreamWorld {
    using Inspect = decltype(StreamBackend::Options::inspect);

    explicit InspectedWorld(Inspect inspect, audit::Settings settings = {},
                            test::WireOptions wires = {},
                            StreamBackend::Options options = stream_options())
        : StreamWorld(with(std::move(options), std::move(inspect)), wires) {
        settings.folder = audit_folder();
        settings.checkpoint_interval = {};  // the disk fails when a test says so
        auto opened = audit::Log::open(std::move(settings), {.disk = &disk});
        EXPECT_TRUE(opened);
        log = std::move(*opened);
        gate = std::make_unique<AuditGate>(loop, *log);
        begun.exchange = "x1";
        begun.tenant = "acme";
        begun.virtual_host = "abap.virtual:3300";
        inside = std::make_unique<ExchangeAudit>(*gate, begun);
        audit = inside.get();
    }
    ~InspectedWorld() override {
        group.cancel();  // while the log and the gate are there
        test::run_until_done(loop, group);
    }
    static StreamBackend::Options with(StreamBackend::Options options, Inspect inspect) {
        options.inspect = std::move(inspect);
        return options;
    }
    std::vector<audit::Record> records(std::string_view event) {
        EXPECT_TRUE(log->write());
        return test::records_of(audit_folder(), event);
    }
    /// As it stands in the file, without a write of ours.
    bool is_on_record(std::string_view event) const {
        return !test::records_of(audit_folder(), event).empty();
    }
    std::filesystem::path audit_folder() const { return folder.path() / "audit"; }

    test::TemporaryFolder folder;
    UnwillingDisk disk;
    std::unique_ptr<audit::Log> log;
    std::unique_ptr<AuditGate> gate;
    audit::ExchangeBegin begun;
    std::unique_ptr<ExchangeAudit> inside;
};

}  // namespace sallyport::agent
