#pragma once

#include "http/service.hpp"
#include "net/event.hpp"
#include "net/task_group.hpp"
#include "tests/support/traffic.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::test {

using OwnedFields = std::vector<std::pair<std::string, std::string>>;

inline OwnedFields own(http::Fields fields) {
    OwnedFields out;
    for (const auto& [name, value] : fields) out.emplace_back(name, value);
    return out;
}

inline std::vector<http::Field> views(const OwnedFields& fields) {
    std::vector<http::Field> out;
    for (const auto& [name, value] : fields) out.push_back({name, value});
    return out;
}

/// What a caller asks for.
struct Ask {
    std::string method = "GET";
    std::string target = "/";
    std::string authority = "virtual.test:443";
    OwnedFields fields{};
    OwnedFields trailers{};
    std::string upgrade{};
    http::BodySize size{};
    std::string body{};
    std::size_t generated_bytes = 0;  // of pattern 7, instead of `body`
    bool open_end = false;            // more may be said later
    http::HubFacts facts{};
};

/// The hub's side of one exchange, in the hands of a test: what it says, when it reads, and what it
/// was answered.
class Caller final : private http::Body, private http::Answer {
public:
    static constexpr std::uint32_t asks_seed = 7;
    static constexpr std::uint32_t answers_seed = 9;

    Caller(net::Loop& loop, Ask ask) : ask_(std::move(ask)), event_(loop.turn) {
        open_end_ = ask_.open_end;
    }

    void start_on(http::Service& service, net::TaskGroup& group) {
        group.spawn("caller", run(service));
    }

    // What the test does.
    void say(std::string_view text) {
        ask_.body += text;
        event_.set();
    }
    void end() {
        open_end_ = false;
        event_.set();
    }
    void cut() {
        cut_ = true;
        event_.set();
    }
    void give_up() {
        aborted_ = true;
        event_.set();
    }
    void pause() { paused_ = true; }
    void resume() {
        paused_ = false;
        event_.set();
    }
    /// Answers are checked against pattern answers_seed and not kept.
    void expect_pattern() { keeps_ = false, checks_ = true; }
    /// Answers are only counted.
    void expect_bytes() { keeps_ = false; }

    // What happened.
    bool over() const { return outcome_.has_value(); }
    bool good() const { return outcome_ && *outcome_ && finished_ && trouble_.empty(); }
    int status() const { return status_; }
    const std::string& reason() const { return reason_; }
    const OwnedFields& fields() const { return fields_; }
    const OwnedFields& answer_trailers() const { return trailers_; }
    const std::vector<int>& interim() const { return interim_; }
    const std::string& answer() const { return answer_; }
    http::BodySize size() const { return size_; }
    std::size_t received() const { return received_; }
    std::size_t sent() const { return sent_; }
    bool finished() const { return finished_; }
    boost::system::error_code error() const {
        return outcome_ && !*outcome_ ? outcome_->error().code : boost::system::error_code{};
    }
    std::string trouble() const {
        return outcome_ && !*outcome_ ? to_text(outcome_->error()) : trouble_;
    }
    std::string field(std::string_view name) const {
        for (const auto& [key, value] : fields_)
            if (key == name) return value;
        return {};
    }

private:
    net::Task<void> run(http::Service& service) {
        const auto fields = views(ask_.fields);
        http::RequestHead head;
        head.method = ask_.method;
        head.authority = ask_.authority;
        head.target = ask_.target;
        head.upgrade = ask_.upgrade;
        head.fields = fields;
        head.body = ask_.size;
        head.facts = ask_.facts;
        outcome_ = co_await service.serve(head, *this, *this);
    }
    std::size_t total() const {
        return ask_.generated_bytes > 0 ? ask_.generated_bytes : ask_.body.size();
    }

    BytesView peek() override {
        if (ask_.generated_bytes == 0) return as_bytes(ask_.body).subspan(sent_);
        const auto count = std::min<std::size_t>(64 * 1024, total() - sent_);
        piece_.resize(count);
        for (std::size_t i = 0; i < count; ++i) piece_[i] = pattern(asks_seed, sent_ + i);
        return piece_;
    }
    void consume(std::size_t bytes) override { sent_ += bytes; }
    http::Body::State state() const override {
        if (cut_) return State::cut;
        if (!ask_.upgrade.empty() && status_ != 101) return State::ended;  // as a client's GET
        return sent_ == total() && !open_end_ ? State::ended : State::flowing;
    }
    http::Fields trailers() const override {
        trailer_views_ = views(ask_.trailers);
        return trailer_views_;
    }
    net::Event& event() override { return event_; }
    bool aborted() const override { return aborted_; }
    void inform(const http::ResponseHead& head) override { interim_.push_back(head.status); }
    void start(const http::ResponseHead& head) override {
        status_ = head.status;
        reason_ = head.reason;
        fields_ = own(head.fields);
        size_ = head.body;
    }
    bool started() const override { return status_ != 0; }
    std::size_t write(BytesView bytes) override {
        if (paused_) return 0;
        if (keeps_) answer_ += as_text(bytes);
        for (std::size_t i = 0; checks_ && i < bytes.size(); ++i)
            if (bytes[i] != pattern(answers_seed, received_ + i)) {
                trouble_ = "wrong byte at " + std::to_string(received_ + i);
                break;
            }
        received_ += bytes.size();
        return bytes.size();
    }
    void finish(http::Fields trailers) override {
        finished_ = true;
        trailers_ = own(trailers);
    }
    void abort(const Error&) override {}

    Ask ask_;
    net::Event event_;
    Bytes piece_;
    mutable std::vector<http::Field> trailer_views_;
    std::size_t sent_ = 0;
    bool open_end_ = false;
    bool cut_ = false;
    bool aborted_ = false;
    bool paused_ = false;
    bool keeps_ = true;
    bool checks_ = false;
    bool finished_ = false;
    int status_ = 0;
    std::size_t received_ = 0;
    http::BodySize size_{};
    std::string reason_;
    std::string answer_;
    std::string trouble_;
    OwnedFields fields_;
    OwnedFields trailers_;
    std::vector<int> interim_;
    std::optional<Result<void>> outcome_;
};

}  // namespace sallyport::test
