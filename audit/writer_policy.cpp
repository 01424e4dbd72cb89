// What the log is to do, and how a change of that gets on record.
#include "audit/record_fields.hpp"
#include "audit/writer.hpp"
#include "base/error.hpp"

namespace sallyport::audit {

Result<void> Log::Writer::check_digest(std::string_view configuration) {
    if (configuration.find_first_not_of("0123456789abcdef") == std::string_view::npos) return {};
    return Error{Errc::malformed, "the digest of the configuration is not hexadecimal"};
}

void Log::Writer::publish(const Policy& policy) {
    durability_ = policy.durability;
    on_failure_ = policy.on_failure;
    level_ = policy.level;
    configuration_ = policy.configuration;
    retention_ = policy.retention;
    off_reason_ = policy.off_reason;
    segment_bytes_max_ = policy.segment_bytes_max;
    composer_->set_segment_bytes_max(segment_bytes_max_);
    composer_->set_level(level_in_force());
    composer_->set_configuration(configuration_);
}

Result<void> Log::Writer::reconfigure(Policy policy, const ConfigurationChange& made) {
    if (auto checked = check_digest(policy.configuration); !checked) return checked;
    {
        const std::lock_guard lock(compose_mutex_);
        // Whoever asked is on record by himself; what is still to be told stays so.
        if (is_in_force(policy)) return {};
        auto change = Untold{configuration_, made};
        if (untold_) change = untold_->then(made);
        publish(policy);
        if (accepts_locked())
            append_changed(change);
        else
            untold_ = change;
    }
    return write();
}

bool Log::Writer::is_in_force(const Policy& policy) const {
    return policy.configuration == configuration_ && policy.level == level_ &&
           policy.durability == durability_ && policy.on_failure == on_failure_ &&
           policy.retention == retention_ && policy.off_reason == off_reason_ &&
           policy.segment_bytes_max == segment_bytes_max_;
}

Log::Writer::Untold Log::Writer::Untold::then(const ConfigurationChange& next) const {
    const auto joined = [](const std::string& first, const std::string& second) {
        if (first.empty() || second.empty()) return first + second;
        // What is longer is cut in the record anyway.
        return first.size() > Line::text_bytes_max ? first : first + "; " + second;
    };
    return {before,
            {next.who, joined(change.categories, next.categories),
             joined(change.changes, next.changes), next.account}};
}

void Log::Writer::append_changed(const Untold& change) {
    const auto retention = KeepLimits::of(retention_).text();
    composer_->append_always(ConfigChanged{.before = change.before,
                                           .after = configuration_,
                                           .who = change.change.who,
                                           .level = to_text(level_.load()),
                                           .durability = to_text(durability_.load()),
                                           .on_failure = to_text(on_failure_.load()),
                                           .categories = change.change.categories,
                                           .changes = change.change.changes,
                                           .retention = retention,
                                           .off_reason = off_reason_,
                                           .account = change.change.account},
                             clock_->now());
}

}  // namespace sallyport::audit
