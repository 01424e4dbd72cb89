#pragma once

#include "agent/backend.hpp"
#include "agent/connector.hpp"
#include "agent/places.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "ssh/sftp_client.hpp"

#include <chrono>
#include <list>
#include <memory>
#include <optional>

namespace sallyport::agent {

/// Channels to one file server: each serves one exchange at a time, and is kept for the next for a
/// while. One on which something was given up is not used until the server is through with it; it
/// counts as in use for that long, so that what is to be removed is not forgotten with it.
class SftpPool final : private net::EndOfTurn {
public:
    struct Limits {
        std::size_t connections = 8;
        std::size_t waiting = 1000;
        std::chrono::milliseconds patience{30'000};  // of one who waits
        std::chrono::milliseconds connect_timeout{10'000};
        std::chrono::milliseconds idle_timeout{60'000};
        std::chrono::milliseconds clean_up_timeout{10'000};  // what was given up keeps its place
    };
    enum class Freshness { any, fresh };

    /// `connector` gives channels on which a server speaks SFTP.
    SftpPool(net::Loop& loop, net::IdleSweep& sweep, Connector& connector, Limits limits);
    ~SftpPool() = default;  // precondition: no lease and nobody waits

    /// A channel in use. Without put() it is closed.
    struct Lease {
        Places::Place place;
        std::unique_ptr<ssh::SftpClient> client;
        bool reused = false;
        bool doubtful = false;  // something was given up on it, or its server is silent
    };

    /// Errors: those of the Connector and of SftpClient::open; Errc::limit; Errc::aborted;
    /// Errc::timed_out.
    net::Task<Result<Lease>> take(http::Answer& down, Freshness freshness, const bool& expired);
    /// Keeps a channel.
    void put(Lease lease);
    PoolStatus status() const {
        return {.busy = places_.taken(), .idle = idle_.size(), .waiting = places_.waiting()};
    }

private:
    /// A channel that nobody uses.
    struct Resting final : ssh::SftpOwner, net::IdleSweep::Watched {
        Resting(SftpPool& p, std::unique_ptr<ssh::SftpClient> c, bool d)
            : pool(p), client(std::move(c)), doubtful(d) {}
        void on_lost() override { pool.drop(*this); }
        void on_answered() override;
        void on_deadline() override;
        SftpPool& pool;
        std::unique_ptr<ssh::SftpClient> client;
        const bool doubtful;
        Places::Place place{};  // while the server has something left to clean up
    };
    void make_way();
    void drop(Resting& resting);
    std::unique_ptr<ssh::SftpClient> take_idle();
    net::Task<Result<std::unique_ptr<ssh::SftpClient>>> connect();
    void end_of_turn() override { dropped_.clear(); }

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    Connector& connector_;
    const Limits limits_;
    Places places_;
    std::list<Resting> idle_;     // at most connections, the newest last
    std::list<Resting> dropped_;  // destroyed at the end of the turn
};

}  // namespace sallyport::agent
