// One link and what is known of its agent; for hub/worker*.cpp only.
#pragma once

#include "base/error.hpp"
#include "hub/worker.hpp"
#include "tunnel/client_end.hpp"
#include "tunnel/control_stream.hpp"

#include <optional>
#include <string>

namespace sallyport::hub {

/// Lives in the coroutine of serve_link().
struct Worker::Attachment final : net::IdleSweep::Watched {
    Attachment(Worker& worker, ArrivedLink link)
        : seat(std::move(link.seat)),
          name(std::move(link.name)),
          serial(std::move(link.serial)),
          path(std::move(link.path)),
          end(worker.loop_, std::move(link.duplex), link_options(*worker.config_),
              worker.shared_.budget),
          control(worker.loop_,
                  [&worker, this](tunnel::ControlMessage message) {
                      worker.on_control(*this, std::move(message));
                  }),
          settled(worker.loop_.turn) {}

    static tunnel::LinkOptions link_options(const Config& config) {
        tunnel::LinkOptions options;
        options.keepalive = config.keepalive;
        return options;
    }

    void on_deadline() override {
        if (!greeted) end.link().close({Errc::timed_out, "the agent did not say hello"});
    }

    Registry::Seat seat;
    certs::AgentName name;
    std::string serial;
    std::vector<certs::Certificate> path;  // from its certificate towards the authority
    tunnel::ClientEnd end;
    tunnel::HubControl control;
    net::TaskGroup* tasks = nullptr;  // end with the link
    net::Event settled;               // something is known of the rivals, or the link has ended
    std::uint64_t number = 0;
    bool greeted = false;
    bool over = false;  // its control stream has ended, so it is never taken in any more
    bool trial = false;
    std::vector<std::string> authorities;  // key hashes of those it trusts
    std::optional<Registry::LinkId> member;
    std::string location;
};

}  // namespace sallyport::hub
