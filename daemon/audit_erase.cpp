#include "daemon/audit_erase.hpp"

#include "audit/clock.hpp"
#include "base/error.hpp"
#include "daemon/admin_act.hpp"
#include "daemon/admin_server.hpp"
#include "daemon/counted.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <functional>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

Error malformed(std::string what) { return {Errc::malformed, std::move(what)}; }

Result<void> read_text(const json::object& object, std::string_view key, std::string& text) {
    const auto* value = object.if_contains(key);
    if (!value) return {};
    if (!value->is_string()) return malformed("\"" + std::string(key) + "\" is no text");
    text = std::string(value->get_string());
    return {};
}

Result<void> read_flag(const json::object& object, std::string_view key, bool& flag) {
    const auto* value = object.if_contains(key);
    if (!value) return {};
    if (!value->is_bool())
        return malformed("\"" + std::string(key) + "\" is neither true nor false");
    flag = value->get_bool();
    return {};
}

json::object to_json(const audit::Erasure& erased) {
    json::object out{{"done", erased.record != audit::not_recorded},
                     {"count", erased.count},
                     {"segments", erased.segments}};
    if (erased.record == audit::not_recorded) return out;
    out["record"] = erased.record;
    out["subject_c"] = erased.subject_c;
    out["salt"] = erased.salt;
    return out;
}

http::SimpleResponse answer(const Result<audit::Erasure>& erased) {
    if (!erased && erased.error().code == Errc::malformed)
        return admin_error(422, "invalid", erased.error().detail);
    if (!erased) return admin_error(503, "audit_unavailable", to_text(erased.error()));
    http::SimpleResponse response;
    response.body = json::serialize(to_json(*erased));
    return response;
}

/// A name that stands nowhere is often one that was written wrong.
std::string nothing_found(const audit::ErasureOrder& order) {
    const bool looks_like_a_pattern = order.subject.find_first_of("*?") != std::string::npos;
    std::string text = "NOTHING FOUND: the log discloses no value that ";
    text += order.pattern ? "matches this pattern" : "is exactly this";
    if (order.until) text += " before that moment";
    if (!order.pattern && looks_like_a_pattern)
        return text + "; for * and ? to stand for other text say --pattern\n";
    return text + "; compare how it is written: audit query --user, with * for what is not sure\n";
}

}  // namespace

json::object to_json(const audit::ErasureOrder& order) {
    json::object out{{"subject", order.subject},
                     {"pattern", order.pattern},
                     {"reason", order.reason},
                     {"dry_run", order.dry_run}};
    if (order.until) out["until"] = audit::to_rfc3339(*order.until);
    return out;
}

Result<audit::ErasureOrder> read_erasure_order(std::string_view body) {
    boost::system::error_code failure;
    const auto value = json::parse(body, failure);
    if (failure || !value.is_object()) return malformed("the body is no JSON object");
    const auto& object = value.get_object();
    audit::ErasureOrder order;
    std::string until;
    if (auto read = read_text(object, "subject", order.subject); !read) return read.error();
    if (auto read = read_text(object, "reason", order.reason); !read) return read.error();
    if (auto read = read_text(object, "until", until); !read) return read.error();
    if (auto read = read_flag(object, "pattern", order.pattern); !read) return read.error();
    if (auto read = read_flag(object, "dry_run", order.dry_run); !read) return read.error();
    if (order.subject.empty()) return malformed("say whose values are to be erased: \"subject\"");
    if (until.empty()) return order;
    const auto moment = audit::parse_rfc3339(until);
    if (!moment) return malformed("\"until\": " + moment.error().detail);
    order.until = *moment;
    return order;
}

net::Task<http::SimpleResponse> erase_audit(ActRecorder recorder, std::string_view body,
                                            AdminCaller caller) {
    auto order = read_erasure_order(body);
    std::string act = order && order->dry_run ? "audit.erase_dry_run" : "audit.erase";
    if (!order) {
        auto refused = admin_error(422, "invalid", order.error().detail);
        co_return co_await record_act(recorder, caller, std::move(act), std::move(refused));
    }
    std::function<Result<audit::Erasure>()> erase = [&log = recorder.log, order = std::move(*order),
                                                     who = caller.text()] {
        return log.erase(order, who);
    };
    const auto erased =
        co_await net::run_on_pool<audit::Erasure>(recorder.pool, recorder.loop, std::move(erase));
    auto said = answer(erased);
    if (erased && erased->record != audit::not_recorded) co_return said;
    co_return co_await record_act(recorder, caller, std::move(act), std::move(said));
}

std::string describe_erasure(const json::object& erased, const audit::ErasureOrder& order) {
    const auto count = erased.at("count").to_number<std::uint64_t>();
    const auto values = counted(count, "value") + " in " +
                        counted(erased.at("segments").to_number<std::uint64_t>(), "segment");
    std::string text = count > 0 ? std::string() : nothing_found(order);
    if (!erased.at("done").as_bool()) return text + values + " would be erased\n";
    const auto at = [&](const char* key) { return std::string(erased.at(key).as_string()); };
    return text + values + (count == 1 ? " is" : " are") +
           " erased; it is on record and sealed as record " + json::serialize(erased.at("record")) +
           "\nreceipt: with the salt " + at("salt") +
           " the subject gives that record's commitment " + at("subject_c") + "\n";
}

}  // namespace sallyport::daemon
