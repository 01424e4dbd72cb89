#include "base/error.hpp"
#include "tests/support/memory_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/scripted_service.hpp"
#include "tunnel/client_end.hpp"
#include "tunnel/control_stream.hpp"
#include "tunnel/server_end.hpp"

#include <cstdlib>

/// Bytes of a hostile peer against a whole end of a link: first byte even = against the agent's
/// end, odd = against the hub's end with requests under way. After them the connection breaks, and
/// everything must come to its end.
using namespace sallyport;

namespace {

class EmptyBody final : public http::Body {
public:
    BytesView peek() override { return as_bytes(text_); }
    void consume(std::size_t bytes) override { text_.remove_prefix(bytes); }
    State state() const override { return text_.empty() ? State::ended : State::flowing; }

private:
    std::string_view text_ = "a body";
};

class Sink final : public http::Answer {
public:
    explicit Sink(net::Loop& loop) : event_(loop.turn) {}
    net::Event& event() override { return event_; }
    bool aborted() const override { return false; }
    void inform(const http::ResponseHead& head) override { look_at(head); }
    void start(const http::ResponseHead& head) override {
        if (started_) std::abort();
        started_ = true;
        look_at(head);
    }
    bool started() const override { return started_; }
    std::size_t write(BytesView bytes) override {
        if (!started_ || finished_) std::abort();
        return bytes.size();
    }
    void finish(http::Fields) override {
        if (!started_ || finished_) std::abort();
        finished_ = true;
    }
    void abort(const Error&) override {}

private:
    static void look_at(const http::ResponseHead& head) {
        if (head.status < 100 || head.status > 999) std::abort();
        for (const auto& field : head.fields)
            if (field.name.empty() || field.name.starts_with(':') ||
                field.name.starts_with("sallyport-") || field.name == "connection")
                std::abort();
    }
    net::Event event_;
    bool started_ = false;
    bool finished_ = false;
};

net::Task<Result<void>> echo(const http::RequestHead& head, http::Body& up, http::Answer& down) {
    for (const auto& field : head.fields)
        if (field.name.empty() || field.name.starts_with(':') ||
            field.name.starts_with("sallyport-"))
            std::abort();
    if (head.method.empty() || head.authority.empty()) std::abort();
    down.start(test::head_of(head.upgrade.empty() ? 200 : 101, http::BodySize::until_end()));
    auto text = co_await test::read_all(up, down);
    co_await test::write_all(down, std::move(text));
    down.finish({});
    co_return Result<void>{};
}

net::Task<void> ask(tunnel::ClientEnd& hub, std::string upgrade, net::Loop& loop) {
    EmptyBody up;
    Sink down(loop);
    http::RequestHead head;
    head.method = upgrade.empty() ? "POST" : "GET";
    head.authority = "a:1";
    head.target = "/";
    head.upgrade = upgrade;
    if (upgrade.empty()) head.body = http::BodySize::until_end();
    const auto outcome = co_await hub.serve(head, up, down);
    if (outcome && !down.started()) std::abort();
}

void attack(net::Loop& loop, test::MemoryDuplex& wire, std::string_view bytes) {
    test::settle(loop);
    (void)wire.write(as_bytes(bytes));
    test::settle(loop);
    wire.outgoing().broken = true;
    wire.incoming().broken = true;
}

net::Task<void> run_hub(tunnel::ClientEnd& end) { (void)co_await end.run(); }
net::Task<void> run_agent(tunnel::ServerEnd& end) { (void)co_await end.run(); }

void against_agent(std::string_view bytes) {
    net::Loop loop;
    net::TaskGroup tasks(loop);
    tunnel::MemoryBudget budget;
    test::ScriptedService exchanges(echo);
    tunnel::AgentControl control([](tunnel::ControlMessage) {});
    auto [ours, theirs] = test::MemoryDuplex::pair({.room = SIZE_MAX / 2});
    {
        tunnel::ServerEnd end(loop, std::move(ours), {}, budget, {exchanges, control});
        tasks.spawn("agent", run_agent(end));
        attack(loop, *theirs, bytes);
        end.link().close({Errc::cut, "over"});
        if (!test::run_until_done(loop, tasks)) std::abort();
    }
    if (budget.used() != 0 || exchanges.calls != exchanges.returns) std::abort();
}

void against_hub(std::string_view bytes) {
    net::Loop loop;
    net::TaskGroup tasks(loop);
    tunnel::MemoryBudget budget;
    auto [ours, theirs] = test::MemoryDuplex::pair({.room = SIZE_MAX / 2});
    {
        tunnel::ClientEnd end(loop, std::move(ours), {}, budget);
        tunnel::HubControl control(loop, [](tunnel::ControlMessage) {});
        tasks.spawn("hub", run_hub(end));
        tasks.spawn("post", ask(end, "", loop));
        tasks.spawn("socket", ask(end, "websocket", loop));
        const auto talk = [](tunnel::HubControl& c, tunnel::ClientEnd& e) -> net::Task<void> {
            (void)co_await c.run(e);
        };
        tasks.spawn("control", talk(control, end));
        attack(loop, *theirs, bytes);
        end.link().close({Errc::cut, "over"});
        if (!test::run_until_done(loop, tasks)) std::abort();
    }
    if (budget.used() != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] % 2 == 0)
        against_agent(bytes);
    else
        against_hub(bytes);
    return 0;
}
