#include "agent/agent.hpp"

#include "agent/epoch_file.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "certs/identity.hpp"
#include "certs/secret_hash.hpp"
#include "daemon/service_manager.hpp"
#include "net/tls_context.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>

namespace sallyport::agent {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

audit::Settings audit_settings(const Config& config) {
    audit::Settings settings;
    settings.folder = config.audit_folder();
    settings.durability = config.audit.durability;
    settings.on_failure = config.audit.on_failure;
    settings.level = config.audit.level;
    settings.configuration = config.digest;
    return settings;
}

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

/// Keys of the configuration that a reload cannot change while links are up.
bool needs_restart(const Config& before, const Config& after) {
    return before.hubs != after.hubs || before.workers != after.workers ||
           before.state_dir != after.state_dir || before.admin_socket != after.admin_socket ||
           !before.tunnel.same_links(after.tunnel);
}

}  // namespace

Result<std::unique_ptr<Agent>> Agent::create(SitePtr site) {
    std::unique_ptr<Agent> agent(new Agent(std::move(site)));
    if (auto opened = agent->open(); !opened) return opened.error();
    return agent;
}

Agent::Agent(SitePtr site)
    : site_(std::move(site)),
      sweep_(loop_),
      budget_(site_->config.tunnel.memory_budget_bytes),
      stopping_(loop_),
      signals_(loop_.io, SIGTERM, SIGINT, SIGHUP) {}

Agent::~Agent() = default;

Result<void> Agent::open() {
    if (auto loaded = load_identity(); !loaded) return loaded.error();
    auto log = audit::Log::open(audit_settings(site_->config));
    if (!log) return Error{log.error().code, "audit log: " + log.error().detail};
    log_ = std::move(*log);
    auto epoch = next_epoch(site_->config.epoch_file());
    if (!epoch) return epoch.error();
    epoch_ = *epoch;
    process_ = certs::random_secret().reveal();

    shared_.reset(new AgentShared{*log_, pool_, budget_, site_->config.workers, site_, epoch_,
                                  process_, [this] { return context(); }});
    for (std::size_t i = 0; i < site_->config.workers; ++i)
        workers_.push_back(std::make_unique<Worker>(i, *shared_));
    admin_ = std::make_unique<daemon::AdminServer>(
        loop_, sweep_, [this](const http::SimpleRequest& request) { return administer(request); });
    return admin_->listen(site_->config.admin_socket);
}

Result<void> Agent::load_identity() {
    auto store = certs::IdentityStore::open(site_->config.identity_folder());
    if (!store) return store.error();
    auto identity = store->load_active();
    if (!identity) {
        if (identity.error().code != Errc::not_found) return identity.error();
        return Error{Errc::not_found,
                     "this agent is not enrolled yet: get a join token from the hub "
                     "(`sallyport-hub agent add NAME --tenant T`) and run `sallyport enroll "
                     "--token-file FILE`"};
    }
    net::HubClientOptions options;
    options.own = {identity->chain, &identity->key};
    options.anchors = identity->anchors;
    auto made = net::TlsContext::hub_client(options);
    if (!made) return made.error();
    const auto& leaf = identity->chain.front();
    const auto names = leaf.uris();
    const auto not_after = std::chrono::floor<std::chrono::seconds>(leaf.not_after());
    const std::lock_guard lock(identity_mutex_);
    context_ = std::move(*made);
    identity_ = {{"name", names.empty() ? "" : names.front()},
                 {"serial", leaf.serial()},
                 {"not_after", not_after.time_since_epoch().count()}};
    return {};
}

Result<std::shared_ptr<const net::TlsContext>> Agent::context() const {
    const std::lock_guard lock(identity_mutex_);
    return context_;
}

void Agent::run() {
    for (auto& worker : workers_) worker->start();
    wait_for_signal();
    for (const auto& warning : site_->config.warnings) log::warn("config.odd", {{"what", warning}});
    log::info("agent.started", {{"version", SALLYPORT_VERSION},
                                {"epoch", epoch_},
                                {"mappings", site_->table.mappings().size()},
                                {"configuration", site_->config.digest}});
    daemon::notify_ready("running");
    loop_.io.run();
    for (auto& worker : workers_) worker->join();
    log_->close();
    log::info("agent.stopped");
}

void Agent::wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code failure, int signal) {
        if (failure) return;
        if (signal != SIGHUP) {
            daemon::notify_stopping();
            stopping_.spawn("stop", stop(net::deadline_in(site_->config.tunnel.drain)));
            return;
        }
        daemon::notify_reloading();
        (void)reload("signal");
        daemon::notify_ready("running");
        wait_for_signal();
    });
}

net::Task<void> Agent::stop(net::Deadline deadline) {
    log::info("agent.stopping");
    draining_ = true;
    for (auto& worker : workers_) worker->stop(deadline);
    co_await admin_->stop();
    for (auto& worker : workers_) worker->join();
    loop_.io.stop();
}

Result<void> Agent::reload(std::string_view who) {
    auto site = Site::load(site_->config.file);
    if (!site) {
        log::error("config.refused", {{"error", to_text(site.error())}});
        return Error{site.error().code,
                     "the configuration is not valid, the one before stays in force:\n" +
                         site.error().detail};
    }
    const bool restart = needs_restart(shared_->site->config, (*site)->config);
    site_ = std::move(*site);
    if (auto loaded = load_identity(); !loaded)
        log::error("identity.failed", {{"error", to_text(loaded.error())}});
    const auto& audit = site_->config.audit;
    auto recorded = log_->reconfigure(
        {audit.durability, audit.on_failure, audit.level, site_->config.digest}, who);
    if (!recorded) log::error("audit.failed", {{"error", to_text(recorded.error())}});
    log::set_level(site_->config.log_level);
    for (auto& worker : workers_) worker->use(site_);
    log::info("config.reloaded", {{"configuration", site_->config.digest}, {"who", who}});
    if (restart)
        log::warn("config.restart_needed",
                  {{"what", "[[hub]], [tunnel], workers, state_dir or admin_socket changed"}});
    return {};
}

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
    if (target == "/v1/drain") {
        // Answered first; the process ends when what runs is done.
        std::raise(SIGTERM);
        co_return done;
    }
    co_return error_response(404, "not_found", "unknown request");
}

net::Task<json::object> Agent::status() {
    json::array hubs;
    bool ready = !draining_;
    for (auto& worker : workers_) {
        // Shared: who asked may have gone (a stop cancels it) when the worker answers.
        struct Asked {
            net::Event* waiter = nullptr;
            std::optional<Worker::LinkStatus> links;
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
        auto answer = [asked = waiter.asked,
                       executor = loop_.executor()](Worker::LinkStatus from) mutable {
            asio::post(executor, [asked = std::move(asked), from = std::move(from)]() mutable {
                asked->links = std::move(from);
                if (asked->waiter != nullptr) asked->waiter->set();
            });
        };
        worker->ask_status(std::move(answer));
        while (!waiter.asked->links) co_await waiter.event.wait();
        for (const auto& [name, list] : *waiter.asked->links) {
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
    out["audit"] = json::object{{"healthy", log_->healthy()},
                                {"durability", audit::to_text(log_->durability())},
                                {"on_failure", audit::to_text(log_->on_failure())},
                                {"dropped", log_->dropped()}};
    out["memory_budget"] =
        json::object{{"used_bytes", budget_.used()}, {"bytes", budget_.bytes_max()}};
    out["log_lines_dropped"] = log::dropped();
    out["hubs"] = std::move(hubs);
    co_return out;
}

}  // namespace sallyport::agent
