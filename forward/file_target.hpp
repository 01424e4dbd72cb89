#pragma once

#include "base/file.hpp"
#include "forward/settings.hpp"
#include "forward/target.hpp"

#include <memory>
#include <string>

namespace sallyport::forward {

/// Appends lines to a file that a log shipper reads. A file that was renamed or removed is begun
/// anew, once what it was given is durable; one that has reached its size is not written until
/// somebody rotates it. All that may block is done on the pool.
class FileTarget final : public Target {
public:
    FileTarget(Surroundings around, const Settings& settings)
        : around_(around), settings_(settings) {}

    net::Task<Result<void>> connect() override { return flush(); }
    void add(const audit::Record& record, std::string_view line) override;
    net::Task<Result<void>> flush() override;
    net::Task<Result<void>> sync() override;
    /// The file stays: what was written to it may not be durable yet.
    void close() override { pending_.clear(); }

private:
    using File = std::shared_ptr<const FileDescriptor>;
    /// Gives the file that is written now.
    static Result<File> deliver(File file, const Settings& settings, std::string lines);

    Surroundings around_;
    Settings settings_;
    File file_;  // also of a job that nobody waits for any more
    std::string pending_;
};

}  // namespace sallyport::forward
