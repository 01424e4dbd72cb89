// What the tests of the audit log share: a folder, a clock that stands still, a disk that fails.
#pragma once

#include "audit/joined_reader.hpp"
#include "audit/log.hpp"
#include "audit/record.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace sallyport::audit {

class FakeClock final : public Clock {
public:
    Instant now() override { return instant; }
    void pass(std::chrono::microseconds time) {
        instant.wall += time;
        instant.mono += time;
    }
    Instant instant{.wall = *parse_rfc3339("2025-03-01T12:00:00Z"), .mono = std::chrono::hours(5)};
};

/// Fails on demand; otherwise the real disk.
class FaultyDisk final : public Disk {
public:
    Result<std::size_t> write(int file, BytesView bytes) override {
        ++writes;
        if (writes_left-- > 0) return Disk::write(file, bytes);
        if (accepts == 0) {
            errno = ENOSPC;
            return os_error("write");
        }
        return Disk::write(file, bytes.first(std::min<std::size_t>(accepts, bytes.size())));
    }
    Result<void> truncate(int file, std::uint64_t bytes) override {
        if (!truncates) return Error{Errc::failed, "ftruncate"};
        return Disk::truncate(file, bytes);
    }
    Result<void> sync(int file) override {
        ++syncs;
        if (syncs_left-- > 0) return Disk::sync(file);
        errno = EIO;
        return os_error("fdatasync");
    }
    Result<void> allocate(int file, std::uint64_t offset, std::uint64_t bytes) override {
        ++allocations;
        if (allocations_left-- > 0) return Disk::allocate(file, offset, bytes);
        errno = allocation_failure;
        return os_error("fallocate");
    }
    Result<Space> space(const std::filesystem::path&) override {
        return Space{.total_bytes = 100'000'000'000, .free_bytes = free_bytes};
    }
    // A test changes them while the log's threads are at work.
    std::atomic<int> writes = 0;
    std::atomic<int> syncs = 0;
    std::atomic<int> writes_left = 1'000'000;
    std::atomic<int> syncs_left = 1'000'000;
    std::atomic<std::size_t> accepts = 0;  // bytes of the write that fails
    std::atomic<bool> truncates = true;
    std::atomic<int> allocations = 0;
    std::atomic<int> allocations_left = 1'000'000;
    std::atomic<int> allocation_failure = ENOSPC;
    std::atomic<std::uint64_t> free_bytes = 50'000'000'000;
};

inline const std::string configuration_a(64, 'a');
inline const std::string configuration_b(64, 'b');

class AuditTest : public ::testing::Test {
protected:
    AuditTest() {
        // In memory where that is possible: hundreds of fsyncs would only take time here.
        const bool memory = ::access("/dev/shm", W_OK) == 0;
        const auto parent =
            memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
        auto pattern = (parent / "sallyport-audit-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) ADD_FAILURE() << "mkdtemp";
        root = pattern;
        folder = root / "audit";
    }
    ~AuditTest() override { std::filesystem::remove_all(root); }

    /// Sealed at the start, at the end and when asked: no test depends on the time that passes.
    Settings settings() const {
        return {.folder = folder,
                .configuration = configuration_a,
                .checkpoint_interval = std::chrono::milliseconds(0)};
    }
    Environment environment() {
        return {.clock = &clock,
                .disk = &disk,
                .boot = "0f0f0f0f-0000-4000-8000-000000000001",
                .upkeep = false};
    }
    Result<std::unique_ptr<Log>> try_open() { return Log::open(settings(), environment()); }
    std::unique_ptr<Log> open(Settings with) {
        auto log = Log::open(std::move(with), environment());
        if (!log) {
            ADD_FAILURE() << to_text(log.error());
            return nullptr;
        }
        return std::move(*log);
    }
    std::unique_ptr<Log> open() { return open(settings()); }
    /// A day each, the last one open; sealed.
    void write_days(Log& log, int count) {
        for (int day = 0; day < count; ++day) {
            if (day > 0) clock.pass(std::chrono::hours(24));
            log.append(LinkUp{.link = std::to_string(day)});
            ASSERT_TRUE(log.write());
        }
        ASSERT_TRUE(log.seal(not_recorded));
    }

    static ExchangeBegin begin(std::string_view id) {
        return {.exchange = id,
                .tenant = "acme",
                .client = "sb-app",
                .hub = "prod",
                .user = "jane@corp.example",
                .virtual_host = "erp.virtual:44300",
                .internal_host = "https://s4.corp.local:44300",
                .method = "GET",
                .path = "/sap/opu/odata/Set",
                .rule = "2:/sap/opu/"};
    }
    static ExchangeEnd answered(std::string_view id) {
        return {.exchange = id,
                .outcome = outcome::answered,
                .status = 200,
                .request_bytes = 10,
                .response_bytes = 2000,
                .duration = std::chrono::microseconds(1500)};
    }

    /// All records with what is disclosed of persons; whatever is no record fails the test.
    std::vector<Record> records() const { return records_of(folder); }
    static std::vector<Record> records_of(const std::filesystem::path& from) {
        std::vector<Record> all;
        auto reader = JoinedReader::open(from);
        if (!reader) ADD_FAILURE() << to_text(reader.error());
        while (reader) {
            const auto line = reader->next();
            if (!line || !*line) break;
            auto record = parse_record((*line)->bytes);
            if (record && (*line)->whole) {
                all.push_back(std::move(*record));
                continue;
            }
            ADD_FAILURE() << "not a record: " << (*line)->bytes;
        }
        return all;
    }
    std::vector<std::string> events() const {
        std::vector<std::string> names;
        for (const auto& record : records()) names.push_back(record.event);
        return names;
    }
    std::filesystem::path first_segment() const { return folder / "00000000000000000000.jsonl"; }
    std::string content() const { return *read_file(first_segment(), 1 << 30); }
    void set_content(std::string_view text) const {
        ASSERT_TRUE(replace_file(first_segment(), text, 0640));
    }
    /// The folder as it would be found after the process was killed now.
    std::filesystem::path snapshot() const {
        auto copy = root / ("snapshot-" + std::to_string(snapshots_++));
        std::filesystem::copy(folder, copy, std::filesystem::copy_options::recursive);
        return copy;
    }

    std::filesystem::path root;
    std::filesystem::path folder;
    FakeClock clock;
    FaultyDisk disk;

private:
    mutable int snapshots_ = 0;
};

}  // namespace sallyport::audit
