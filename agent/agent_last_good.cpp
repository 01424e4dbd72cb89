// The last good configuration: kept by the running agent, and told of where it had to be used.
#include "agent/agent.hpp"
#include "agent/last_good.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

#include <boost/json/array.hpp>

namespace sallyport::agent {

namespace {

/// Of a reason or a list, in a record; the daemon's status has the whole.
constexpr std::size_t told_bytes_max = 1'000;

std::string closed_text(const LastGoodUse& use) {
    std::string text;
    for (const auto& one : use.closed) text.append(text.empty() ? "" : "; ").append(one);
    if (text.size() > told_bytes_max) text = text.substr(0, told_bytes_max) + "...";
    return text.empty() ? "nothing" : text;
}

}  // namespace

/// After a start or reload with the files on disk.
void Agent::keep_last_good() {
    if (site_->last_good || kept_digest_ == site_->config.files_digest) return;
    const auto file = site_->config.last_good_file();
    const auto& documents = *site_->config.documents;
    const auto at_start = kept_digest_.empty() ? LastGood::load(file) : Result<LastGood>(Error{});
    if (!at_start || at_start->documents != documents) {
        const LastGood good{.saved = std::chrono::system_clock::now(), .documents = documents};
        if (auto saved = good.save(file); !saved)
            return log::warn("config.not_kept", {{"error", to_text(saved.error())},
                                                 {"what", "the last good configuration"}});
    }
    kept_digest_ = site_->config.files_digest;
}

/// Loudly: whoever starts it looks at the journal, whoever audits it at the records.
void Agent::tell_last_good() {
    if (!site_->last_good) return;
    const auto& use = *site_->last_good;
    log::error("config.broken", {{"error", use.why},
                                 {"what", "the last good configuration is in force"},
                                 {"saved", mappings::to_text(use.saved)},
                                 {"not_exposed", closed_text(use)},
                                 {"do", "mend it (sallyport check), then sallyport reload"}});
    const auto closed = closed_text(use);
    log_->append(audit::AdminAction{.act = "config.last_good",
                                    .who = "start",
                                    .object = site_->config.file.native(),
                                    .after = closed,
                                    .outcome = "done",
                                    // What is wrong may repeat parts of the file, for ever here.
                                    .reason = "the files cannot be used; the program's log and "
                                              "status say why"});
}

boost::json::object Agent::last_good_json() const {
    const auto& use = *site_->last_good;
    boost::json::array closed;
    for (const auto& one : use.closed) closed.emplace_back(one);
    return {
        {"why", use.why}, {"saved", mappings::to_text(use.saved)}, {"closed", std::move(closed)}};
}

}  // namespace sallyport::agent
