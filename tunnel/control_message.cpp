#include "tunnel/control_message.hpp"

#include "base/error.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace sallyport::tunnel {
namespace {

namespace json = boost::json;

constexpr std::size_t text_bytes_max = 1'024;

json::array array_of(const std::vector<std::string>& texts) {
    json::array array;
    for (const auto& text : texts) array.emplace_back(text);
    return array;
}

json::object to_json(const Hello& hello) {
    json::object out{{"type", "hello"},
                     {"version", hello.version},
                     {"program", hello.program},
                     {"location", hello.location},
                     {"epoch", hello.epoch},
                     {"process", hello.process},
                     {"virtual_hosts", array_of(hello.virtual_hosts)}};
    if (hello.trial) out["trial"] = true;
    if (!hello.authorities.empty()) out["authorities"] = array_of(hello.authorities);
    if (hello.virtual_hosts_left_out > 0)
        out["virtual_hosts_left_out"] = hello.virtual_hosts_left_out;
    if (hello.ready) out["ready"] = true;
    return out;
}

json::object to_json(const Welcome& welcome) {
    json::object out{{"type", "welcome"},
                     {"version", welcome.version},
                     {"program", welcome.program},
                     {"workers", welcome.workers}};
    if (!welcome.witness.empty()) out["witness"] = welcome.witness;
    if (welcome.ready_interval.count() > 0)
        out["ready_interval_ms"] = welcome.ready_interval.count();
    return out;
}

json::object to_json(const Refused& refused) {
    return {{"type", "refused"}, {"code", refused.code}, {"text", refused.text}};
}

json::object to_json(const Restarting& restarting) {
    return {{"type", "restarting"}, {"within_ms", restarting.within.count()}};
}

json::object to_json(const Trust& trust) {
    return {
        {"type", "trust"}, {"authorities", array_of(trust.authorities)}, {"issuer", trust.issuer}};
}

json::object to_json(const Open& open) {
    return {{"type", "open"}, {"channel", open.channel}, {"nonce", open.nonce}};
}

json::object to_json(const OpenRefused& refused) {
    return {{"type", "open_refused"}, {"nonce", refused.nonce}, {"code", refused.code}};
}

json::object to_json(const Checkpoint& checkpoint) {
    return {{"type", "checkpoint"},
            {"note", checkpoint.note},
            {"old_size", checkpoint.old_size},
            {"proof", array_of(checkpoint.proof)},
            {"keys", array_of(checkpoint.keys)}};
}

json::object to_json(const Cosigned& cosigned) {
    return {{"type", "cosigned"},
            {"size", cosigned.size},
            {"lines", cosigned.lines},
            {"witness", cosigned.witness}};
}

json::object to_json(const WitnessRefused& refused) {
    return {{"type", "witness_refused"},
            {"code", refused.code},
            {"size", refused.size},
            {"text", refused.text}};
}

json::object to_json(const Ready& ready) {
    return {{"type", "ready"}, {"round_trip_us", ready.round_trip.count()}};
}

json::object to_json(const Unknown& unknown) { return {{"type", unknown.type}}; }

/// Reads members of an object, and remembers whether one was wrong.
class Members {
public:
    explicit Members(const json::object& object) : object_(object) {}

    std::string text(const char* name, std::size_t bytes_max = text_bytes_max) {
        const auto* value = object_.if_contains(name);
        if (value == nullptr || !value->is_string() || value->get_string().size() > bytes_max) {
            wrong_ = name;
            return {};
        }
        return std::string(value->get_string());
    }
    std::uint64_t number(const char* name) {
        const auto* value = object_.if_contains(name);
        const bool is_signed = value != nullptr && value->is_int64() && value->get_int64() >= 0;
        if (is_signed) return static_cast<std::uint64_t>(value->get_int64());
        if (value != nullptr && value->is_uint64()) return value->get_uint64();
        wrong_ = name;
        return 0;
    }
    /// An hour at most: nothing that is told here takes longer.
    template <class Duration>
    Duration time(const char* name) {
        constexpr auto most = std::chrono::duration_cast<Duration>(std::chrono::hours(1)).count();
        return Duration(static_cast<typename Duration::rep>(
            std::min(number(name), static_cast<std::uint64_t>(most))));
    }
    bool has(const char* name) const { return object_.contains(name); }
    bool flag(const char* name) {
        const auto* value = object_.if_contains(name);
        if (value != nullptr && value->is_bool()) return value->get_bool();
        wrong_ = name;
        return false;
    }
    std::vector<std::string> texts(const char* name, std::size_t count_max) {
        std::vector<std::string> all;
        const auto* value = object_.if_contains(name);
        if (value == nullptr || !value->is_array() || value->get_array().size() > count_max) {
            wrong_ = name;
            return all;
        }
        for (const auto& item : value->get_array()) {
            if (!item.is_string() || item.get_string().size() > text_bytes_max) wrong_ = name;
            if (item.is_string()) all.emplace_back(item.get_string());
        }
        return all;
    }
    const char* wrong() const { return wrong_; }

private:
    const json::object& object_;
    const char* wrong_ = nullptr;
};

/// What is said about the audit log.
ControlMessage read_witness(const std::string& type, Members& members) {
    if (type == "checkpoint") {
        Checkpoint checkpoint;
        checkpoint.note = members.text("note", checkpoint_note_bytes_max);
        checkpoint.old_size = members.number("old_size");
        checkpoint.proof = members.texts("proof", checkpoint_proof_hashes_max);
        checkpoint.keys = members.texts("keys", checkpoint_keys_max);
        return checkpoint;
    }
    if (type == "cosigned") {
        Cosigned cosigned;
        cosigned.size = members.number("size");
        cosigned.lines = members.text("lines");
        cosigned.witness = members.text("witness");
        return cosigned;
    }
    if (type == "witness_refused") {
        WitnessRefused refused;
        refused.code = members.text("code");
        refused.size = members.number("size");
        refused.text = members.text("text");
        return refused;
    }
    return Unknown{type};
}

ControlMessage read(const std::string& type, Members& members) {
    if (type == "hello") {
        Hello hello;
        hello.version = members.number("version");
        hello.program = members.text("program");
        hello.location = members.text("location");
        hello.epoch = members.number("epoch");
        hello.process = members.text("process");
        hello.virtual_hosts = members.texts("virtual_hosts", virtual_hosts_told_max);
        if (members.has("trial")) hello.trial = members.flag("trial");
        if (members.has("ready")) hello.ready = members.flag("ready");
        if (members.has("authorities"))
            hello.authorities = members.texts("authorities", authorities_told_max);
        if (members.has("virtual_hosts_left_out"))
            hello.virtual_hosts_left_out = members.number("virtual_hosts_left_out");
        return hello;
    }
    if (type == "welcome") {
        Welcome welcome;
        welcome.version = members.number("version");
        welcome.program = members.text("program");
        welcome.workers = members.number("workers");
        if (members.has("witness")) welcome.witness = members.text("witness");
        if (members.has("ready_interval_ms"))
            welcome.ready_interval = members.time<std::chrono::milliseconds>("ready_interval_ms");
        return welcome;
    }
    if (type == "refused") {
        Refused refused;
        refused.code = members.text("code");
        refused.text = members.text("text");
        return refused;
    }
    if (type == "restarting")
        return Restarting{members.time<std::chrono::milliseconds>("within_ms")};
    if (type == "ready") return Ready{members.time<std::chrono::microseconds>("round_trip_us")};
    if (type == "trust") {
        Trust trust;
        trust.authorities = members.texts("authorities", authorities_told_max);
        trust.issuer = members.text("issuer");
        return trust;
    }
    if (type == "open") {
        Open open;
        open.channel = members.text("channel");
        open.nonce = members.text("nonce");
        return open;
    }
    if (type == "open_refused") {
        OpenRefused refused;
        refused.nonce = members.text("nonce");
        refused.code = members.text("code");
        return refused;
    }
    return read_witness(type, members);
}

}  // namespace

void shorten(Hello& hello) {
    auto hosts = std::exchange(hello.virtual_hosts, {});
    const auto before = hello.virtual_hosts_left_out;
    hello.virtual_hosts_left_out = std::numeric_limits<std::uint64_t>::max();  // the longest count
    auto bytes = encode(hello).size();
    std::size_t told = 0;
    while (told < std::min(hosts.size(), virtual_hosts_told_max)) {
        bytes += json::serialize(json::value(hosts[told])).size() + 1;  // and its comma
        if (bytes > control_line_bytes_max) break;
        ++told;
    }
    hello.virtual_hosts_left_out = before + (hosts.size() - told);
    hosts.resize(told);
    hello.virtual_hosts = std::move(hosts);
}

std::string encode(const ControlMessage& message) {
    return std::visit([](const auto& body) { return json::serialize(to_json(body)) + "\n"; },
                      message);
}

Result<ControlMessage> decode(std::string_view line) {
    if (line.size() > control_line_bytes_max)
        return Error{Errc::limit, "a control line is too long"};
    json::error_code failure;
    json::parse_options options;
    options.max_depth = 8;
    const auto value =
        json::parse(json::string_view(line.data(), line.size()), failure, {}, options);
    if (failure || !value.is_object())
        return Error{Errc::malformed, "a control line is no JSON object"};
    Members members(value.get_object());
    const auto type = members.text("type");
    auto message = read(type, members);
    if (members.wrong() != nullptr)
        return Error{Errc::malformed, "control message " + type + ": " + members.wrong()};
    return message;
}

}  // namespace sallyport::tunnel
