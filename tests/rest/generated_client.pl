# SPDX-License-Identifier: Apache-2.0
# Drives a service by a client that OpenAPI::Client generates from its document, and holds each
# answer to the document's schemas, in which no field may be missing from the tables.
#   perl generated_client.pl DOCUMENT SOCKET    reads calls from standard input, one JSON a line:
#   {"operation", "token", "parameters"}; prints one JSON a line: {"status", "body", "errors"}.
use strict;
use warnings;
use JSON::Validator::Schema::OpenAPIv3;
use Mojo::JSON qw(decode_json encode_json);
use Mojo::URL;
use Mojo::Util qw(url_escape);
use OpenAPI::Client;

my ($path, $socket) = @ARGV;
open my $file, '<', $path or die "$path: $!";
my $document = decode_json(do { local $/; <$file> });

# The document itself, by the rules of OpenAPI 3.
my $published = JSON::Validator::Schema::OpenAPIv3->new->resolve($document);
if (my @errors = @{$published->errors}) {
  die "the document is not valid: @errors\n";
}

# As strict as the test wants it: what is not described is an error.
my $strict = decode_json(encode_json($document));
for my $schema (values %{$strict->{components}{schemas}}) {
  $schema->{additionalProperties} = Mojo::JSON->false if $schema->{properties};
}
my $answers = JSON::Validator::Schema::OpenAPIv3->new->resolve($strict);

my $client = OpenAPI::Client->new("file://$path");
$client->base_url(Mojo::URL->new('http+unix://' . url_escape($socket)));
my $token = '';
$client->ua->inactivity_timeout(60);
$client->ua->on(start => sub {
  my ($ua, $tx) = @_;
  $tx->req->headers->authorization("Bearer $token") if $token ne '';
});

my %operations;
for my $route (keys %{$document->{paths}}) {
  for my $method (keys %{$document->{paths}{$route}}) {
    $operations{$document->{paths}{$route}{$method}{operationId}} = [$method, $route];
  }
}

$| = 1;
while (my $line = <STDIN>) {
  my $call = decode_json($line);
  $token = $call->{token};
  my $operation = $call->{operation};
  my $parameters = $call->{parameters} // {};
  my $bytes = delete $parameters->{bytes};    # a body that is not JSON
  my $tx = $client->call($operation => $parameters, defined $bytes ? (body => $bytes) : ());
  my $type = ($tx->res->headers->content_type // '') =~ s/;.*//r;
  my $is_json = $type =~ m{json};
  my $body = $is_json ? $tx->res->json : $tx->res->text;
  my ($method, $route) = @{$operations{$operation}};
  my @errors = $answers->validate_response(
    [$method, $route, $tx->res->code],
    {
      status => $tx->res->code,
      body   => sub { {exists => 1, content_type => $type, value => $body} },
      header => sub { {exists => 0} },
    }
  );
  print encode_json({
    status => $tx->res->code,
    body   => $body,
    errors => [map {"$_"} @errors],
  }), "\n";
}
