#include "ldap/inspector.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

/// A conversation of chunks "side and mode, length (2), bytes": both sides say anything. However it
/// is split, the same comes out; what is not judged passes as it came; and what reaches the back
/// end of a mapping that judges is made of requests that its policy allows.
namespace {

using namespace sallyport;
using namespace sallyport::ldap;

void check(bool holds) {
    if (!holds) std::abort();
}

const Policy judging =
    Policy::of(std::vector<std::string>{"bind", "search", "extended:1.2.3"}).value();
const Policy watching;

struct Seen {
    Bytes to_back_end{};
    Bytes to_client{};
    std::string events{};
    bool closed = false;
    bool operator==(const Seen&) const = default;
};

class Talk {
public:
    explicit Talk(const Policy& policy)
        : inspector_({.policy = policy, .system = "ldap.test:389"}) {}

    void say(bool is_client, BytesView bytes) {
        auto& held = is_client ? client_ : back_end_;
        held.insert(held.end(), bytes.begin(), bytes.end());
        while (!seen.closed && !held.empty()) {
            const auto step =
                is_client ? inspector_.from_client(held) : inspector_.from_back_end(held);
            append(is_client ? seen.to_back_end : seen.to_client, step.forward);
            append(is_client ? seen.to_client : seen.to_back_end, step.answer);
            if (step.event != Event::none)
                seen.events += std::to_string(static_cast<int>(step.event)) +
                               std::string(to_text(inspector_.call().operation)) +
                               std::string(inspector_.call().who) + step.reason + ";";
            seen.closed = step.close;
            check(step.taken <= held.size());
            if (step.taken == 0) {
                check(step.wanted > held.size() && step.wanted <= head_bytes_max);
                return;
            }
            held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(step.taken));
        }
    }
    BytesView held_of_client() const { return client_; }

    Seen seen;

private:
    static void append(Bytes& to, BytesView bytes) {
        to.insert(to.end(), bytes.begin(), bytes.end());
    }

    Inspector inspector_;
    Bytes client_;
    Bytes back_end_;
};

/// Nothing but requests that the policy allows, the last one perhaps not complete.
void check_allowed(BytesView bytes) {
    while (!bytes.empty()) {
        const auto request = read_request(bytes);
        check(request.envelope.state == BerReader::State::good);
        check(judging.decide(request) == Refusal::none);
        bytes = bytes.subspan(std::min(bytes.size(), request.envelope.message_end));
    }
}

void converse(const Policy& policy, BytesView input) {
    Talk whole(policy);
    Talk split(policy);
    Bytes sent;
    while (input.size() >= 3) {
        const bool is_client = (std::to_integer<unsigned>(input[0]) & 1) == 0;
        const auto size = std::min<std::size_t>(
            std::to_integer<std::size_t>(input[1]) << 8 | std::to_integer<std::size_t>(input[2]),
            input.size() - 3);
        const auto bytes = input.subspan(3, size);
        input = input.subspan(3 + size);
        if (is_client) sent.insert(sent.end(), bytes.begin(), bytes.end());
        whole.say(is_client, bytes);
        for (std::size_t at = 0; at < bytes.size(); ++at)
            split.say(is_client, bytes.subspan(at, 1));
        // A broken connection is told of with what came before it.
        if (!policy.judges() || !whole.seen.closed) check(whole.seen == split.seen);
        check(whole.seen.closed == split.seen.closed);
        if (whole.seen.closed) break;
    }
    if (policy.judges()) return check_allowed(whole.seen.to_back_end);
    auto passed = whole.seen.to_back_end;
    const auto held = whole.held_of_client();
    passed.insert(passed.end(), held.begin(), held.end());
    check(passed == sent);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView input{reinterpret_cast<const std::byte*>(data), size};
    converse(judging, input);
    converse(watching, input);
    return 0;
}
