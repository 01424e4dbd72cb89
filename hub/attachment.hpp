// One link and what is known of its agent; for hub/worker*.cpp only.
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "hub/link_evidence.hpp"
#include "hub/worker.hpp"
#include "tunnel/client_end.hpp"
#include "tunnel/control_stream.hpp"

#include <optional>
#include <string>

namespace sallyport::hub {

/// Of answers that an agent asks for and does not take.
inline constexpr std::size_t control_queue_bytes_max = std::size_t{256} * 1024;

/// Lives in the coroutine of serve_link().
struct Worker::Attachment final : net::IdleSweep::Watched {
    Attachment(Worker& worker, ArrivedLink link)
        : number(worker.next_attachment_++),
          evidence(worker.shared_.audit, facts_of(worker, link, number), link.name),
          seat(std::move(link.seat)),
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

    static LinkEvidence::Facts facts_of(const Worker& worker, const ArrivedLink& link,
                                        std::uint64_t number) {
        return {.hub = worker.config_->name,
                .link = std::to_string(worker.index_) + "." + std::to_string(number),
                .remote = link.duplex->peer(),
                .certificate = link.path.empty() ? "" : to_hex(link.path.front().fingerprint())};
    }

    void on_deadline() override {
        if (!greeted) end.link().close({Errc::timed_out, "the agent did not say hello"});
    }

    std::uint64_t number;
    LinkEvidence evidence;
    Registry::Seat seat;
    certs::AgentName name;
    std::string serial;
    std::vector<certs::Certificate> path;  // from its certificate towards the authority
    tunnel::ClientEnd end;
    tunnel::HubControl control;
    net::TaskGroup* tasks = nullptr;  // end with the link
    net::TaskGroup* channels = nullptr;
    std::size_t channels_open = 0;
    net::Event settled;  // something is known of the rivals, or the link has ended
    bool greeted = false;
    bool over = false;  // its control stream has ended, so it is never taken in any more
    bool trial = false;
    bool answers_ready = false;            // synthetic exchanges
    std::vector<std::string> authorities;  // key hashes of those it trusts
    std::optional<Registry::LinkId> member;
    std::string location;
};

}  // namespace sallyport::hub
