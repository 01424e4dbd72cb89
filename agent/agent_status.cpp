// What the running agent is asked over its admin socket.
#include "agent/agent.hpp"
#include "agent/audit_report.hpp"
#include "base/error.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>

namespace sallyport::agent {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

http::SimpleResponse error_response(int status, std::string_view code, std::string_view message) {
    http::SimpleResponse response;
    response.status = status;
    response.body = json::serialize(
        json::object{{"error", json::object{{"code", code}, {"message", message}}}});
    return response;
}

json::object to_json(const HubLinks::Status& link) {
    using std::chrono::duration_cast;
    json::object out{{"link", link.slot}, {"state", link.state}};
    if (!link.peer.empty()) {
        out["peer"] = link.peer;
        out["seconds"] = duration_cast<std::chrono::seconds>(net::Loop::now() - link.since).count();
        out["round_trip_us"] = duration_cast<std::chrono::microseconds>(link.round_trip).count();
        out["streams"] = link.streams;
        out["bytes_in"] = link.bytes_in;
        out["bytes_out"] = link.bytes_out;
    }
    if (!link.last_error.empty()) out["last_error"] = link.last_error;
    return out;
}

std::int64_t seconds_of(certs::Time time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

json::object to_json(const Rotation::Status& rotation) {
    json::object out{{"phase", rotation.phase},
                     {"health", certs::to_text(rotation.health)},
                     {"issued", seconds_of(rotation.life.issued)},
                     {"next", seconds_of(rotation.next)},
                     {"failures", rotation.failures},
                     {"renewals", rotation.renewals},
                     {"failed_renewals", rotation.failed_renewals}};
    if (!rotation.last_error.empty()) out["last_error"] = rotation.last_error;
    if (rotation.skew) out["clock_skew_seconds"] = rotation.skew->count();
    if (const auto text = describe_skew(rotation.skew); !text.empty()) out["clock"] = text;
    return out;
}

/// Whose users this site believes, and whether their keys are at hand.
json::array to_json(const IdentityProviders& providers, const daemon::KeySnapshot& fetched) {
    json::array all;
    for (const auto& provider : providers.all()) {
        const auto found = fetched.find(provider.source);
        const auto* known = found == fetched.end() ? nullptr : &found->second;
        const auto& keys = known != nullptr ? known->keys : provider.keys;
        json::object out{{"issuer", provider.expected.issuers.front()},
                         {"keys", keys ? keys->size() : 0},
                         {"any_audience", provider.expected.any_audience}};
        if (known != nullptr && !known->error.empty()) out["last_error"] = known->error;
        all.push_back(std::move(out));
    }
    return all;
}

}  // namespace

net::Task<http::SimpleResponse> Agent::administer(const http::SimpleRequest& request) {
    const auto& method = request.head.method;
    const auto& target = request.head.target;
    http::SimpleResponse done;
    done.body = R"({"done":true})";
    if (method == "GET" && target == "/v1/status") {
        http::SimpleResponse response;
        const auto facts = co_await status();
        response.body = json::serialize(facts);
        co_return response;
    }
    if (method == "GET" && target == "/v1/certificates") {
        http::SimpleResponse response;
        const auto facts = co_await certificates();
        response.body = json::serialize(facts);
        co_return response;
    }
    if (method != "POST") co_return error_response(404, "not_found", "unknown request");
    if (target == "/v1/reload") {
        const auto reloaded = reload("admin");
        if (!reloaded) co_return error_response(422, "invalid", reloaded.error().detail);
        co_return done;
    }
    if (target == "/v1/reconnect") {
        for (auto& worker : workers_) worker->reconnect();
        co_return done;
    }
    if (target == "/v1/replace-links") {
        for (auto& worker : workers_) worker->replace_links();
        co_return done;
    }
    if (target == "/v1/renew-certificate") {
        rotation_->renew_now();
        co_return done;
    }
    if (target == "/v1/reload-certificates") {
        const auto reloaded = reload_keys();
        if (!reloaded) co_return error_response(422, "invalid", to_text(reloaded.error()));
        co_return done;
    }
    if (target == "/v1/audit/repair") co_return co_await repair_audit();
    if (target == "/v1/renew-system-certificate") {
        for (auto& worker : workers_) worker->renew_system();
        co_return done;
    }
    if (target == "/v1/drain") {
        // Answered first; the process ends when what runs is done.
        std::raise(SIGTERM);
        co_return done;
    }
    co_return error_response(404, "not_found", "unknown request");
}

net::Task<Worker::Status> Agent::ask(Worker& worker) {
    // Shared: who asked may have gone (a stop cancels it) when the worker answers.
    struct Asked {
        net::Event* waiter = nullptr;
        std::optional<Worker::Status> status;
    };
    struct Waiter {
        Waiter(net::Turn& turn, std::shared_ptr<Asked> a) : event(turn), asked(std::move(a)) {
            asked->waiter = &event;
        }
        ~Waiter() { asked->waiter = nullptr; }
        net::Event event;
        std::shared_ptr<Asked> asked;
    };
    Waiter waiter(loop_.turn, std::make_shared<Asked>());
    auto answer = [asked = waiter.asked, executor = loop_.executor()](Worker::Status from) mutable {
        asio::post(executor, [asked = std::move(asked), from = std::move(from)]() mutable {
            asked->status = std::move(from);
            if (asked->waiter != nullptr) asked->waiter->set();
        });
    };
    worker.ask_status(std::move(answer));
    while (!waiter.asked->status) co_await waiter.event.wait();
    co_return std::move(*waiter.asked->status);
}

net::Task<http::SimpleResponse> Agent::repair_audit() {
    // The log outlives the pool, and the pool finishes what has begun, also when nobody hears it.
    std::function<Result<audit::Repair>()> repair = [this] { return log_->repair(); };
    const auto repaired = co_await net::run_on_pool<audit::Repair>(pool_, loop_, std::move(repair));
    if (!repaired)
        co_return error_response(503, "audit_unavailable",
                                 "the audit log cannot be written: " + to_text(repaired.error()) +
                                     "; make room or give the rights, then repeat this");
    if (repaired->repaired) record_identity();
    http::SimpleResponse response;
    response.body = json::serialize(to_json(*repaired));
    co_return response;
}

net::Task<json::object> Agent::status() {
    json::array hubs;
    bool ready = !draining_;
    for (auto& worker : workers_) {
        const auto told = co_await ask(*worker);
        for (const auto& [name, list] : told.links) {
            json::array states;
            bool up = false;
            for (const auto& link : list) {
                up = up || link.state == "up";
                states.push_back(to_json(link));
            }
            ready = ready && up;
            hubs.push_back(json::object{{"name", name}, {"up", up}, {"links", std::move(states)}});
        }
    }
    const auto& config = site_->config;
    const auto up = std::chrono::duration_cast<std::chrono::seconds>(net::Loop::now() - started_);
    json::object out{{"version", SALLYPORT_VERSION},
                     {"seconds", up.count()},
                     {"epoch", epoch_},
                     {"ready", ready},
                     {"draining", draining_},
                     {"configuration", config.digest},
                     {"mappings", site_->table.mappings().size()}};
    {
        const std::lock_guard lock(identity_mutex_);
        out["identity"] = identity_;
    }
    const auto rotation = rotation_->status();
    out["identity"].as_object()["renewal"] = to_json(rotation);
    if (rotation.health >= certs::RenewalHealth::critical) out["ready"] = false;
    if (!log_->healthy()) out["ready"] = false;
    out["audit"] = audit_status(*log_);
    out["identity_providers"] = to_json(site_->identity_providers, *key_sets_.snapshot());
    out["certificates"] = expiry_json();
    auto& warnings = out["warnings"].emplace_array();
    for (const auto& warning : config.warnings) warnings.emplace_back(warning);
    out["memory_budget"] =
        json::object{{"used_bytes", budget_.used()}, {"bytes", budget_.bytes_max()}};
    out["log_lines_dropped"] = log::dropped();
    out["hubs"] = std::move(hubs);
    co_return out;
}

}  // namespace sallyport::agent
