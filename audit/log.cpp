#include "audit/log.hpp"

#include "audit/erasure.hpp"
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
Sequence Log::append(const BackendState& event) { return writer_->append(event); }
Sequence Log::append(const RfcCall& event) { return writer_->append(event); }
Sequence Log::append(const RfcCallEnd& event) { return writer_->append(event); }
Sequence Log::append(const LinkUp& event) { return writer_->append(event); }
Sequence Log::append(const LinkDown& event) { return writer_->append(event); }
Sequence Log::append(const CertificateEnrolled& event) { return writer_->append(event); }
Sequence Log::append(const LdapOperation& event) { return writer_->append(event); }
Sequence Log::append(const LdapUnseen& event) { return writer_->append(event); }
Sequence Log::append(const AdminAction& event) { return writer_->append(event); }
Sequence Log::append(const AdminLogin& event) { return writer_->append(event); }
Sequence Log::append(const ReadyChanged& event) { return writer_->append(event); }
Sequence Log::append(const LinkRefused& event) { return writer_->append(event); }
Sequence Log::append(const TokenRefused& event) { return writer_->append(event); }
Sequence Log::append(const ClientRefused& event) { return writer_->append(event); }
Sequence Log::append(const EnrolmentRefused& event) { return writer_->append(event); }
Sequence Log::append(const RefusalsLeftOut& event) { return writer_->append(event); }
Sequence Log::append(const CertificateIssued& event) { return writer_->append(event); }
Sequence Log::append(const AgentAlarm& event) { return writer_->append(event); }
Sequence Log::append(const WitnessRefused& event) { return writer_->append(event); }

Result<void> Log::write() { return writer_->write(); }
void Log::sync(Sequence up_to, std::function<void(bool)> done) {
    writer_->sync(up_to, std::move(done));
}

bool Log::nearly_full() const { return writer_->nearly_full(); }
Storage Log::storage() const { return writer_->storage(); }
Retention Log::retention() const { return writer_->retention(); }
void Log::look_after() { writer_->look_after(); }
Result<Pruned> Log::retain(const RetentionOrder& order, std::string_view who) {
    return writer_->retain(order, who);
}

bool Log::healthy() const { return writer_->healthy(); }
Durability Log::durability() const { return writer_->durability(); }
OnFailure Log::on_failure() const { return writer_->on_failure(); }
Level Log::level() const { return writer_->level(); }
std::optional<Error> Log::failure() const { return writer_->failure(); }
std::uint64_t Log::dropped() const { return writer_->dropped(); }
std::uint64_t Log::unrecorded() const { return writer_->unrecorded(); }
std::uint64_t Log::failures() const { return writer_->failures(); }

Result<void> Log::reconfigure(Policy policy, const ConfigurationChange& change) {
    return writer_->reconfigure(std::move(policy), change);
}
Result<void> Log::reconfigure(Policy policy, std::string_view who) {
    return reconfigure(std::move(policy), ConfigurationChange{.who = std::string(who)});
}
Result<Repair> Log::repair() { return writer_->repair(); }
Result<Sealed> Log::seal(Sequence up_to) { return writer_->seal(up_to); }
void Log::on_sealed(std::function<void(Haste)> told) { writer_->on_sealed(std::move(told)); }
Sealed Log::sealed() const { return writer_->sealed(); }
Identity Log::identity() const { return writer_->identity(); }
std::string Log::broken() const { return writer_->broken(); }
Result<KeyChange> Log::change_key(std::string_view who) { return writer_->change_key(who); }
Result<Erasure> Log::erase(const ErasureOrder& order, std::string_view who) {
    return writer_->erase(order, who);
}
std::optional<Unwitnessed> Log::unwitnessed(std::string_view witness) {
    return writer_->unwitnessed(witness);
}
Result<void> Log::cosigned(std::string_view witness, std::uint64_t size,
                           std::string_view signature_lines) {
    return writer_->cosigned(witness, size, signature_lines);
}
Result<void> Log::witness_knows(std::string_view witness, std::uint64_t size) {
    return writer_->witness_knows(witness, size);
}
std::uint64_t Log::witnessed_by(std::string_view witness) const {
    return writer_->witnessed_by(witness);
}
void Log::close() { writer_->close(); }

}  // namespace sallyport::audit
