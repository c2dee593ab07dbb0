# Secrets from AWS Secrets Manager, each read once by a process.
#
# Made by keylift, for Windows PowerShell 5.1 and PowerShell 7. Needs the module AWS.Tools.SecretsManager (or AWSPowerShell);
# region and credentials come from its own chain. A secret that cannot be read throws: there is no default.
[CmdletBinding()]
param([Parameter(Mandatory = $true)] [string] $Name)

$ErrorActionPreference = 'Stop'

function Read-Secret {
    $prefix = [Environment]::GetEnvironmentVariable('KEYLIFT_AWS_PREFIX')
    if ($null -eq $prefix) { $prefix = '@KEYLIFT_PREFIX@' }
    $request = @{ SecretId = $prefix + $Name }
    if ($env:AWS_REGION) { $request['Region'] = $env:AWS_REGION }
    $answer = Get-SECSecretValue @request
    $value = $answer.SecretString
    if ($null -eq $value -and $null -ne $answer.SecretBinary) {
        $value = [Text.Encoding]::UTF8.GetString($answer.SecretBinary.ToArray())
    }
    if ($value -isnot [string]) { throw 'it has no text' }
    return $value
}

# What was read is kept out of the session's variables.
$known = [AppDomain]::CurrentDomain.GetData($PSCommandPath)
if ($null -eq $known) {
    $known = New-Object 'System.Collections.Concurrent.ConcurrentDictionary[string,string]'
    [AppDomain]::CurrentDomain.SetData($PSCommandPath, $known)
}
if (-not $known.ContainsKey($Name)) {
    try {
        $known[$Name] = Read-Secret
    }
    catch {
        throw "The secret $Name could not be read: $($_.Exception.Message)"
    }
}
$known[$Name]
