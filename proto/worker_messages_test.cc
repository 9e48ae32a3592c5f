// SPDX-License-Identifier: Apache-2.0
#include "proto/worker_messages.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/status.h"

namespace csl::messages {
namespace {

using nlohmann::json;

// What the release before sends and reads. A row that changes breaks its workers or its services.
constexpr char kRegister[] =
    R"({"cpu_milli":8000,"endpoint":"http://10.0.0.2:9100","mem_bytes":68719476736,"name":"one",)"
    R"("sandbox":{"full":false,"missing":["memory"],"note":"no \"cgroups\""},"systems":2,)"
    R"("version":"0.1.0"})";
constexpr char kJoined[] = R"({"lease_ms":15000,"worker_id":"worker-abc"})";
constexpr char kPoll[] = R"({"running":[3,4],"wait_ms":5000})";
constexpr char kAssigned[] =
    R"({"assignments":[)"
    R"({"attempt":7,"fence":9223372036854775807,"job":{"compile":{"args":["-o","out"],)"
    R"("csl_main":"layout.csl","source":"ab"},"id":"wsjob-a","kind":"compile",)"
    R"("namespace":"team-a","resources":{"cpu_milli":1000,"mem_bytes":1048576,"systems":0},)"
    R"("time_limit_ms":60000},"ticket_secret":"cd"},)"
    R"({"attempt":8,"fence":9,"job":{"id":"wsjob-b","kind":"launch","launch":{"artifact":"ef",)"
    R"("simulator":true},"namespace":"team-b","resources":{"cpu_milli":1,"mem_bytes":2,)"
    R"("systems":3},"time_limit_ms":0},"ticket_secret":"gh"}],"cancel":[5]})";
constexpr char kEnd[] =
    R"({"fence":9,"message":"cslc ended with exit code 1","reason":"CompilationFailed",)"
    R"("result":{"artifact":"ab","exit_code":1},"to":"FAILED"})";
constexpr char kStarting[] = R"({"fence":9,"message":"","reason":"","result":{},"to":"STARTING"})";
constexpr char kRequest[] = R"({"request":"pem"})";
constexpr char kCertificate[] = R"({"certificate":"pem"})";

template <typename Message>
void ExpectRoundTrip(const char* text) {
  const auto message = FromText<Message>(text);
  ASSERT_TRUE(message.ok()) << message.status().message();
  EXPECT_EQ(ToText(*message), text);
}

TEST(WorkerMessagesTest, AreThoseOfTheReleaseBefore) {
  ExpectRoundTrip<WorkerRequest>(kRegister);
  ExpectRoundTrip<Joined>(kJoined);
  ExpectRoundTrip<PollRequest>(kPoll);
  ExpectRoundTrip<PollReply>(kAssigned);
  ExpectRoundTrip<ReportRequest>(kEnd);
  ExpectRoundTrip<ReportRequest>(kStarting);
  ExpectRoundTrip<CertificateRequest>(kRequest);
  ExpectRoundTrip<Certificate>(kCertificate);
}

// A field that is new, or has another name, is in the texts above, or this fails.
void ExpectAllFields(const std::string& type, const json& sent) {
  for (const MessageInfo& message : AllMessages()) {
    if (message.name != type) continue;
    for (const FieldInfo& field : message.fields) {
      const bool is_one_of_two = field.name == "compile" || field.name == "launch";
      EXPECT_TRUE(sent.contains(field.name) || is_one_of_two) << type << "." << field.name;
      const json inner = sent.value(field.name, json());
      if (inner.is_object()) ExpectAllFields(field.type, inner);
      if (!inner.is_array()) continue;
      for (const json& one : inner) {
        ExpectAllFields(field.type.substr(0, field.type.size() - 2), one);
      }
    }
  }
}

TEST(WorkerMessagesTest, EachFieldIsInATextOfTheReleaseBefore) {
  ExpectAllFields("WorkerRequest", json::parse(kRegister));
  ExpectAllFields("Joined", json::parse(kJoined));
  ExpectAllFields("PollRequest", json::parse(kPoll));
  ExpectAllFields("PollReply", json::parse(kAssigned));
  ExpectAllFields("ReportRequest", json::parse(kEnd));
  ExpectAllFields("CertificateRequest", json::parse(kRequest));
  ExpectAllFields("Certificate", json::parse(kCertificate));
}

TEST(WorkerMessagesTest, ReadWhatTheReleaseBeforeLeavesOut) {
  const auto worker = FromText<WorkerRequest>(R"({"name": "a", "cpu_milli": 1, "mem_bytes": 2})");
  ASSERT_TRUE(worker.ok()) << worker.status().message();
  EXPECT_EQ(worker->systems, 0);
  EXPECT_FALSE(worker->sandbox.has_value());
  EXPECT_EQ(*FromText<PollRequest>("{}"), PollRequest{});
  const auto report = FromText<ReportRequest>(R"({"fence": 1, "to": "RUNNING", "reason": null})");
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->reason, EndReason::kNone);
}

TEST(WorkerMessagesTest, PassOverFieldsOfALaterRelease) {
  const auto reply = FromText<PollReply>(R"({"assignments": [], "cancel": [], "drain": true})");
  EXPECT_TRUE(reply.ok()) << reply.status().message();
}

std::string Refusal(const Status& status) {
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  return status.message();
}

template <typename Message>
std::string RefusalOf(const std::string& text) {
  return Refusal(FromText<Message>(text).status());
}

TEST(WorkerMessagesTest, ErrorsNameTheFieldItsValueAndWhatItMustBe) {
  EXPECT_EQ(RefusalOf<PollRequest>("{"), "the body is not JSON");
  EXPECT_EQ(RefusalOf<PollRequest>("[]"), "the body is []; must be an object");
  EXPECT_EQ(RefusalOf<PollRequest>(R"({"running": {"a": 1}})"),
            R"('running' is {"a":1}; must be a list)");
  EXPECT_EQ(RefusalOf<PollRequest>(R"({"running": [1, "2"]})"),
            "'running[1]' is \"2\"; must be a whole number from -9223372036854775808 to "
            "9223372036854775807");
  EXPECT_TRUE(RefusalOf<PollRequest>(R"({"wait_ms": 1.5})").starts_with("'wait_ms' is 1.5; "));
  EXPECT_TRUE(RefusalOf<PollRequest>(R"({"wait_ms": 9223372036854775808})")
                  .starts_with("'wait_ms' is 9223372036854775808; "));
  EXPECT_EQ(RefusalOf<WorkerRequest>(R"({"name": 1, "cpu_milli": 1, "mem_bytes": 1})"),
            "'name' is 1; must be a string");
  EXPECT_EQ(RefusalOf<WorkerRequest>(
                R"({"name": "a", "cpu_milli": 1, "mem_bytes": 1, "sandbox": {"full": "yes"}})"),
            "'sandbox.full' is \"yes\"; must be true or false");
  EXPECT_EQ(RefusalOf<ReportRequest>(R"({"fence": 1, "to": "running"})"),
            "'to' is \"running\"; must be one of QUEUED, SCHEDULED, STARTING, RUNNING, SUCCEEDED, "
            "FAILED, CANCELLED, LOST");
  EXPECT_TRUE(RefusalOf<ReportRequest>(R"({"fence": 1, "to": "FAILED", "reason": "x"})")
                  .starts_with("'reason' is \"x\"; must be one of '', CompilationFailed, "));
  EXPECT_EQ(RefusalOf<ReportRequest>(
                R"({"fence": 1, "to": "FAILED", "result": {"exit_code": 2147483648}})"),
            "'result.exit_code' is 2147483648; must be a whole number from -2147483648 to "
            "2147483647");
  const std::string longest = RefusalOf<Joined>(R"({"worker_id": [")" + std::string(100'000, 'x') +
                                                R"("], "lease_ms": 1})");
  EXPECT_LT(longest.size(), 150u);
}

// Takes each field that must be there out of a message that is right, at every depth, and gives
// each one a value of a wrong type.
void Spoil(json& now, const std::string& path,
           const std::function<void(const std::string&, bool)>& check) {
  const auto spoil_each = [&](auto& inner, const std::string& name) {
    const json kept = inner;
    inner = json{{"of", {"no", "type"}}};
    if (kept.is_object()) inner = 1.5;
    check(name, true);
    inner = kept;
    if (kept.is_structured()) Spoil(inner, name, check);
  };
  if (now.is_array()) {
    for (size_t i = 0; i < now.size(); ++i)
      spoil_each(now[i], path + "[" + std::to_string(i) + "]");
    return;
  }
  std::vector<std::string> names;
  for (const auto& [name, value] : now.items()) names.push_back(name);
  for (const std::string& name : names) {
    const std::string inner = path.empty() ? name : path + "." + name;
    spoil_each(now[name], inner);
    const json kept = now[name];
    now.erase(name);
    check(inner, false);
    now[name] = kept;
  }
}

TEST(WorkerMessagesTest, EveryFieldIsCheckedAndNamedAtEveryDepth) {
  json now = json::parse(kAssigned);
  int wrong = 0;
  int missing = 0;
  Spoil(now, "", [&](const std::string& path, bool is_wrong) {
    const auto read = FromJson<PollReply>(now);
    if (!is_wrong && (path.ends_with(".compile") || path.ends_with(".launch"))) {
      EXPECT_TRUE(read.ok()) << path << " may be missing: " << read.status().message();
      return;
    }
    ASSERT_FALSE(read.ok()) << path;
    const std::string expected = is_wrong ? "'" + path + "' is " : "'" + path + "' is missing";
    EXPECT_TRUE(read.status().message().starts_with(expected)) << read.status().message();
    ++(is_wrong ? wrong : missing);
  });
  EXPECT_GT(wrong, 30);
  EXPECT_GT(missing, 25);
}

}  // namespace
}  // namespace csl::messages
