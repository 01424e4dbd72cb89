#include "audit/log.hpp"

#include "audit/writer.hpp"

namespace sallyport::audit {

std::string_view to_text(Durability durability) {
    return durability == Durability::process ? "process" : "power";
}

std::string_view to_text(OnFailure on_failure) {
    return on_failure == OnFailure::block ? "block" : "degrade";
}

std::string_view to_text(Level level) {
    if (level == Level::all) return "all";
    return level == Level::security ? "security" : "off";
}

Result<std::unique_ptr<Log>> Log::open(Settings settings, Environment environment) {
    auto writer = Writer::open(std::move(settings), std::move(environment));
    if (!writer) return writer.error();
    return std::unique_ptr<Log>(new Log(std::move(*writer)));
}

Log::Log(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}
Log::~Log() = default;

Sequence Log::append(const ExchangeBegin& event) { return writer_->append(event); }
Sequence Log::append(const ExchangeEnd& event) { return writer_->append(event); }
Sequence Log::append(const LinkUp& event) { return writer_->append(event); }
Sequence Log::append(const LinkDown& event) { return writer_->append(event); }
Sequence Log::append(const CertificateEnrolled& event) { return writer_->append(event); }

Result<void> Log::write() { return writer_->write(); }
void Log::sync(Sequence up_to, std::function<void(bool)> done) {
    writer_->sync(up_to, std::move(done));
}

bool Log::healthy() const { return writer_->healthy(); }
Durability Log::durability() const { return writer_->durability(); }
OnFailure Log::on_failure() const { return writer_->on_failure(); }
Level Log::level() const { return writer_->level(); }
std::optional<Error> Log::failure() const { return writer_->failure(); }
std::uint64_t Log::dropped() const { return writer_->dropped(); }
std::uint64_t Log::unrecorded() const { return writer_->unrecorded(); }
std::uint64_t Log::failures() const { return writer_->failures(); }

Result<void> Log::reconfigure(Policy policy, std::string_view who) {
    return writer_->reconfigure(std::move(policy), who);
}
Result<Repair> Log::repair() { return writer_->repair(); }
void Log::close() { writer_->close(); }

}  // namespace sallyport::audit
