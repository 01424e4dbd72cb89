#pragma once

#include "forward/forwarding.hpp"
#include "net/task_group.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sallyport::forward {

/// All forwarders of one audit log. They run on one loop; all calls on its thread.
class Forwarders {
public:
    /// How long one may take to end in an orderly way.
    static constexpr std::chrono::seconds stop_time{3};

    struct Options {
        std::filesystem::path log_folder;
        std::filesystem::path cursor_folder;
        std::string program;
    };
    Forwarders(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool, Options options);
    ~Forwarders();  // precondition: stop() has returned, or the loop will not run again

    /// These from now on: those that are gone or changed end first.
    void use(std::vector<Settings> wanted);
    net::Task<void> stop();

    struct Status : Forwarding::Status {
        Settings settings;
        std::uint64_t lag_records = 0;
        std::chrono::seconds lag{0};  // since all there was had been sent; 0 without lag_records
    };
    /// Reads the end of the log.
    std::vector<Status> status() const;

private:
    struct Running;
    net::Task<void> manage();
    net::Task<void> change();
    net::Task<void> end(Running& running, net::Deadline deadline);

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    net::BlockingPool& pool_;
    Options options_;
    std::vector<Settings> wanted_;
    std::map<std::string, std::unique_ptr<Running>> running_;  // by name
    net::Event changed_;
    bool stopping_ = false;
    net::TaskGroup managing_;
};

}  // namespace sallyport::forward
